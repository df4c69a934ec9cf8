"""Why AWS did not answer: every way in which a call can end without one, told apart."""

from __future__ import annotations

import re
from contextvars import ContextVar

from botocore import exceptions as e
from botocore.parsers import ResponseParserError

# What a service in an account and Region can be. Anything but the first two is a gap.
SCANNED = "scanned"
NOT_OFFERED = "not-offered"  # AWS does not offer the service in that Region
DENIED = "denied"
THROTTLED = "throttled"
DISABLED = "disabled"  # the Region or the service is not enabled for the account
NOT_REACHED = "not-reached"
UNEXPECTED = "unexpected"
LATE = "late"  # not a status of its own: a service that was reached and did not answer, or not in time, is not reached
EXPIRED = "expired"  # the credentials ended: nothing can be said, and a resumed scan tries again

PASSING = {EXPIRED, NOT_REACHED, THROTTLED}  # what may be otherwise when a scan is resumed

WORST_FIRST = (EXPIRED, NOT_REACHED, DISABLED, DENIED, THROTTLED, UNEXPECTED, NOT_OFFERED)

THROTTLING = {
    "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException",
    "SlowDown", "ThrottledException", "Throttling", "ThrottlingException", "TooManyRequestsException",
    "TransactionInProgressException",
}  # fmt: skip
ENDED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
NOT_ENABLED = {"OptInRequired", "RegionDisabledException", "SubscriptionRequiredException"}
# Where the account's credentials are known to be good, these say that the Region does not know the account.
STRANGER = {"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"}
NO_LINE = (
    e.HTTPClientError,  # time-outs, refused and broken connections, proxies, TLS
    e.EndpointConnectionError,
    e.ConnectionClosedError,
    e.ConnectTimeoutError,
    e.ReadTimeoutError,
    e.ConnectionError,  # TLS and proxies
    ConnectionError,
    TimeoutError,
)
NO_CREDENTIALS = (
    e.CredentialRetrievalError,
    e.NoCredentialsError,
    e.PartialCredentialsError,
    e.SSOError,
    e.TokenRetrievalError,
    e.UnauthorizedSSOTokenError,
    EOFError,  # a code of a second factor was asked for, and nobody was there to type it
)
# The service was reached: what another call asks it may well be answered.
REACHED = (e.ReadTimeoutError, e.ConnectionClosedError, e.ResponseStreamingError)
LONGEST = 300
STATUS: ContextVar[int | None] = ContextVar("status")  # of the last answer to a call, in this context


class Refused(Exception):  # noqa: N818 - an outcome, not an error
    """A call that brought no answer."""

    late = False  # the service was reached, but did not answer, or not in time

    def __init__(self, kind: str, detail: str, action: str = "", code: str = "") -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.action = action
        self.code = code


def refused(error: Exception, action: str) -> Refused:
    """What an exception of botocore says, in one line."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, e.ClientError):
        return _client_error(error, action)
    if isinstance(error, NO_CREDENTIALS):
        return Refused(EXPIRED, f"{action}: {_line(str(error))}", action)
    if isinstance(error, NO_LINE):
        refusal = Refused(NOT_REACHED, f"{action}: {_line(_without_secrets(str(error)))}", action)
        refusal.late = isinstance(error, REACHED)
        return refusal
    if isinstance(error, ResponseParserError):
        return _unparsed(error, action)
    said = _line(f"{type(error).__name__}: {error}")
    return Refused(UNEXPECTED, f"{action}: the answer has not the shape of AWS's answers ({said})", action)


def _unparsed(error: ResponseParserError, action: str) -> Refused:
    """An answer that is none of AWS's: its HTTP status is what botocore leaves of it, if the call has noted that."""
    status = STATUS.get(None)
    kind = _kind("", status or 0)
    if kind != UNEXPECTED:
        return Refused(kind, f"{action}: HTTP {status}, with no message of AWS", action)
    said = _line(str(error).split(", invalid XML received", 1)[0])
    with_status = f"HTTP {status}, and the answer" if status and status != 200 else "the answer"
    return Refused(UNEXPECTED, f"{action}: {with_status} cannot be read: {said}", action)


def _without_secrets(text: str) -> str:
    """Text without the user and password of an address."""
    return re.sub(r"//[^/@\s]*@", "//", text)


def _client_error(error: e.ClientError, action: str) -> Refused:
    answer = error.response
    code = str(answer.get("Error", {}).get("Code", ""))
    message = _line(_message(str(answer.get("Error", {}).get("Message", ""))))
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = _kind(code, status)
    said = f"{code} (HTTP {status})" if status and code != str(status) else f"HTTP {status or code}"
    if error.operation_name == "AssumeRole":
        action = "sts:AssumeRole"  # made on the way to another call
    return Refused(kind, f"{action}: {said}{': ' if message else ''}{message}", action, code)


def _kind(code: str, status: int) -> str:
    if code in ENDED:
        return EXPIRED
    if code in THROTTLING or status == 429:
        return THROTTLED
    if code in NOT_ENABLED or code in STRANGER:
        return DISABLED
    if status in {401, 403} or code.startswith(("AccessDenied", "UnauthorizedOperation", "NotAuthorized")):
        return DENIED
    return UNEXPECTED


def _message(text: str) -> str:
    """The message itself, where a service of another protocol left it in XML or HTML."""
    found = re.search(r"<Message>(.*?)</Message>", text, re.DOTALL)
    return (
        found[1]
        if found
        else re.sub(r"<(head|title|style|script)\b.*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    )


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
