"""Several channels at once: one that fails keeps nothing from the others."""

from __future__ import annotations

from dataclasses import dataclass

from shared.alerting.alert import Alert, AlertRefused, AlertUndelivered, Channel


@dataclass(frozen=True, slots=True)
class Channels:
    """Implements `shared.alerting.alert.Notifier`."""

    channels: tuple[Channel, ...]

    def send(self, alert: Alert) -> bool:
        """Deliver by every channel; False if there is none.

        Raises:
            AlertUndelivered: one may take it later. The others are sent it again then, with the same id.
            AlertRefused: one does not want it, and all others have it.
        """
        undelivered: list[str] = []
        refused: list[str] = []
        for channel in self.channels:
            try:
                channel.send(alert)
            except AlertUndelivered as error:
                undelivered.append(str(error))
            except AlertRefused as error:
                refused.append(str(error))
        if undelivered:
            raise AlertUndelivered("; ".join(undelivered + refused))
        if refused:
            raise AlertRefused("; ".join(refused))
        return bool(self.channels)
