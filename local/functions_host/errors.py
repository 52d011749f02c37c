"""What can be wrong with an app or a request, said so that it can be put right."""


class HostError(Exception):
    """Anything the local Functions host refuses."""


class BadHostFile(HostError):
    """host.json is missing or says something the host cannot use; correct it."""


class UnresolvedSetting(HostError):
    """A `%NAME%` expression names no app setting; set the environment variable."""


class BadApp(HostError):
    """function_app.py cannot be indexed; the message names the function and the cause."""


class BadRoute(HostError):
    """A route template cannot be read, or two functions claim the same route."""


class BadSchedule(HostError):
    """A timer's schedule is not an NCRONTAB expression."""


class StateInUse(HostError):
    """Another host works on this state directory; stop it or choose another directory."""


class UnknownFunction(HostError):
    """No function of that name and kind is indexed; the message lists what there is."""


class InstanceExists(HostError):
    """An orchestration with this id is pending, running or suspended; wait or choose another id."""


class NotSupported(HostError):
    """The app uses something this host does not imitate; the message names it."""
