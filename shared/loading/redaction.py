"""The one filter that takes secrets out of a text: those that are known, and what has the form or the name of one.

Everything that leaves the app as a text goes through it: errors, answers, alerts, log lines, traces,
dead letters and the audit log. Ordinary text stays as it is.
"""

from __future__ import annotations

import re

from shared.catalog.known_secrets import hide_known

MARK = "***"

# Bounded, so that no text takes longer than its length.
_NAME = (
    r"[\w.-]{0,64}(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|signature|authorization"
    r"|connection_?string|(?:api|access|account|shared|private|function|functions|storage|sas|subscription)"
    r"[_-]?key)[\w.-]{0,64}"
)
_MEMBER = re.compile(
    rf'("(?:{_NAME}|sig|code)"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,\}}\]"]+)', re.IGNORECASE
)
_VALUE = r"\{(?:[^}]|\}\})*\}?|'(?:[^'\\]|\\.|'')*'?|[^;&\s\"'\\]+"
_SETTING = re.compile(rf"\b({_NAME}|sig|code)(\s*=\s*)({_VALUE})", re.IGNORECASE)
_LOGIN = re.compile(r"(\w://[^\s/:@\"]*:)[^\s/@\"]+@")
# A header, as logs and errors of HTTP clients write it: its whole value.
_HEADER = re.compile(
    r"\b((?:proxy-)?authorization|(?:set-)?cookie|x-functions-key|aeg-sas-(?:key|token)|x-api-key|api-key"
    r"|ocp-apim-subscription-key|x-ms-client-principal|x-zumo-auth)(['\"]?\s*:\s*['\"]?)([^\r\n'\",}]+)",
    re.IGNORECASE,
)
# With a digit, a sign or a capital within: "Basic authentication" is no login.
_SCHEME = re.compile(
    r"\b((?i:bearer|basic|sharedkey(?:lite)?|sharedaccesssignature)\s+)"
    r"(?=[\w.~+/=:&%-]*(?:[0-9=]|[a-z][A-Z]))[\w.~+/=:&%-]{6,}"
)
_BLOCK = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
# What is a secret wherever it stands: JWTs, keys of storage accounts, keys by which services mark their own.
_ALONE = re.compile(
    r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*"
    r"|(?<![\w+/])[A-Za-z0-9+/]{86}=="
    r"|(?<![\w+/-])[\w+/-]{20,}(?:AzFu|AzSe|AzCa|ACDb|AEhG|\+ASt|\+AMC)[\w+/-]{4,}={0,2}"
    r"|\bwhsec_[A-Za-z0-9+/]{20,}={0,2}"
    r"|\bdapi[0-9a-f]{32}\b|\bxox[abeprs]-[\w-]{10,}|\bgh[oprsu]_\w{20,}"
    r"|(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[\w/-]+"
)


def redact_text(text: str) -> str:
    """Take secrets out of a text: what is known, and what has the form or the name of a secret."""
    shown = hide_known(text, MARK)
    shown = _BLOCK.sub(MARK, shown)
    shown = _ALONE.sub(MARK, shown)
    shown = _MEMBER.sub(rf'\1"{MARK}"', shown)
    shown = _HEADER.sub(rf"\1\2{MARK}", shown)
    shown = _SCHEME.sub(rf"\1{MARK}", shown)
    shown = _SETTING.sub(rf"\1\2{MARK}", shown)
    return _LOGIN.sub(rf"\1{MARK}@", shown)
