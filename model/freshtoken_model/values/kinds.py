"""The closed sets of names that are stored, compared and translated into words elsewhere."""

from enum import StrEnum


class EventKind(StrEnum):
    """What an event of the log says happened; in words: `decision/words.py`."""

    ORG_MADE = "org_made"
    ORG_RESET = "org_reset"
    LOGIN_ACCEPTED = "login_accepted"
    LOGIN_REFUSED = "login_refused"
    LOCKED_OUT = "locked_out"
    LOCK_ENDED = "lock_ended"
    UNLOCKED = "unlocked"
    UNLOCKED_BY_RESET = "unlocked_by_reset"
    FROZEN = "frozen"
    FROZEN_BY_SALESFORCE = "frozen_by_salesforce"
    UNFROZEN = "unfrozen"
    PASSWORD_CHANGED = "password_changed"
    PASSWORD_RESET = "password_reset"
    LINK_MAILED = "link_mailed"
    TOKEN_RESET = "token_reset"
    TOKEN_RETIRED = "token_retired"
    PERMISSION_GRANTED = "permission_granted"
    PERMISSION_REVOKED = "permission_revoked"
    AUTHENTICATOR_REGISTERED = "authenticator_registered"
    APP_CHANGED = "app_changed"
    TOKENS_REVOKED = "tokens_revoked"
    TOKEN_MAILED = "token_mailed"
    SESSION_ENDED = "session_ended"
    SHARED_SESSION_ENDED = "shared_session_ended"
    SESSION_LOST = "session_lost"
    USER_CREATED = "user_created"
    USER_CHANGED = "user_changed"
    PASSWORDS_EXPIRED = "passwords_expired"
    PROFILE_CHANGED = "profile_changed"
    SETTING_CHANGED = "setting_changed"
    RANGE_ADDED = "range_added"
    RANGE_REMOVED = "range_removed"
    CLIENT_CHANGED = "client_changed"
    CLIENT_TOLD = "client_told"
    CLOCK_CHANGED = "clock_changed"
    INTEGRATION_CHANGED = "integration_changed"
    INTEGRATION_STOPPED = "integration_stopped"
    RUN_WORKED = "run_worked"
    RUN_REFUSED = "run_refused"
    PASSWORD_EXPIRED = "password_expired"
    RELEASE_REACHED = "release_reached"
    MAIL_READ = "mail_read"
    MAIL_DELETED = "mail_deleted"
    LAB_STARTED = "lab_started"
    FAULT_INJECTED = "fault_injected"


LOCK_ENDS = (EventKind.LOCK_ENDED, EventKind.UNLOCKED, EventKind.UNLOCKED_BY_RESET)
"""How a lockout ends: by time, by an admin, by a password reset."""


class FaultKey(StrEnum):
    """A refusal, whose text at each door is in faults.toml."""

    INVALID_LOGIN = "invalid_login"
    MUST_USE_TOKEN = "must_use_token"
    SOAP_LOGIN_DISABLED = "soap_login_disabled"
    LOGIN_NOT_IN_VERSION = "login_not_in_version"
    UNSUPPORTED_VERSION = "unsupported_version"
    RESTRICTED_DOMAIN = "restricted_domain"
    RESTRICTED_TIME = "restricted_time"
    RATE_LIMITED = "rate_limited"
    API_DISABLED = "api_disabled"
    API_ONLY_USER = "api_only_user"
    INVALID_LOGIN_SCOPED = "invalid_login_scoped"
    ANY_API_AUTH = "any_api_auth"
    INACTIVE_USER = "inactive_user"
    NOT_APPROVED = "not_approved"
    DOMAIN_NOT_SUPPORTED = "domain_not_supported"
    NO_SUCH_API = "no_such_api"
    SELF_PASSWORD = "self_password"
    URL_NOT_RESET = "url_not_reset"
    NO_OPERATION = "no_operation"
    INVALID_AUTH_HEADER = "invalid_auth_header"
    API_OFF_FOR_USER = "api_off_for_user"
    INVALID_SESSION = "invalid_session"
    EXPIRED_PASSWORD = "expired_password"
    MALFORMED_XML = "malformed_xml"
    REFUSED_XML = "refused_xml"
    UNKNOWN_OPERATION = "unknown_operation"
    MALFORMED_QUERY = "malformed_query"
    INVALID_TYPE = "invalid_type"
    INVALID_FIELD = "invalid_field"
    NOT_FOUND = "not_found"
    RETIRED_VERSION = "retired_version"
    INVALID_ID = "invalid_id"
    INSUFFICIENT_ACCESS = "insufficient_access"
    INVALID_NEW_PASSWORD = "invalid_new_password"
    INVALID_OLD_PASSWORD = "invalid_old_password"
    REFUSED_USE = "refused_use"
    BAD_QUERY_LOCATOR = "bad_query_locator"
    BROKEN_BODY = "broken_body"
    UNAVAILABLE = "unavailable"
    TOO_SLOW = "too_slow"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_LARGE = "too_large"
    INVALID_CLIENT_ID = "invalid_client_id"
    INVALID_CLIENT = "invalid_client"
    EXPIRED_REFRESH_TOKEN = "expired_refresh_token"
    NO_RUN_AS_USER = "no_run_as_user"
    INVALID_ASSERTION = "invalid_assertion"
    WRONG_AUDIENCE = "wrong_audience"
    INVALID_CODE = "invalid_code"
    INVALID_CODE_VERIFIER = "invalid_code_verifier"
    INVALID_SCOPE = "invalid_scope"
    REDIRECT_URI_MISMATCH = "redirect_uri_mismatch"
    UNSUPPORTED_TOKEN_TYPE = "unsupported_token_type"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"


class LoginStatus(StrEnum):
    """A status of Login History, whose text is in faults.toml; a refusal without a row has none."""

    NONE = ""
    SUCCESS = "success"
    INVALID_PASSWORD = "invalid_password"
    TOKEN_REQUIRED = "token_required"
    PASSWORD_FLOW_DISABLED = "password_flow_disabled"
    MFA_REQUIRED = "mfa_required"
    PASSWORD_LOCKOUT = "password_lockout"
    INACTIVE = "inactive"
    FROZEN = "frozen"
    RESTRICTED_IP = "restricted_ip"
    RESTRICTED_TIME = "restricted_time"
    RESTRICTED_DOMAIN = "restricted_domain"
    RATE_EXCEEDED = "rate_exceeded"
    API_TOO_OLD = "api_too_old"
    LOGIN_INVALID = "login_invalid"
    API_ONLY_USER = "api_only_user"


class LoginSubType(StrEnum):
    """A Login Subtype of Login History, as LoginHistory.LoginSubType names it; `label` is the text
    of the column [DOC login-subtypes].
    """

    SOAP = "SoapApiLogin", "SOAP API"
    PASSWORD_FLOW = "OauthUsernamePassword", "OAuth Username-Password"
    UI = "UsernamePasswordUiLogin", "UI Username-Password"
    PASSWORD_RESET = "UiPasswordReset", "UI Password Reset"
    CLIENT_CREDENTIALS = "OauthClientCredentials", "OAuth Client Credentials"
    WEB_SERVER = "OauthWebServer", "OAuth Web Server"

    label: str

    def __new__(cls, value: str, label: str) -> "LoginSubType":
        """A name with its label."""
        made = str.__new__(cls, value)
        made._value_, made.label = value, label
        return made


class TokenState(StrEnum):
    """The state of a user's security token."""

    LIVE = "live"
    RETIRED = "retired"
    NEVER_ISSUED = "never_issued"


class Cause(StrEnum):
    """What issued or retired a security token, or ended a session."""

    TRAINING_ORG = "training_org"
    PASSWORD_CHANGE = "password_change"
    PASSWORD_RESET = "password_reset"
    PASSWORD_SET = "password_set"
    FORGOT_PASSWORD = "forgot_password"
    TOKEN_RESET = "token_reset"
    ADMIN = "admin"
    SALESFORCE = "salesforce"
    REVOKED = "revoked"
    LOGOUT = "logout"


class LoginAt(StrEnum):
    """The host at which an API client logs in: the org's My Domain, or the login host."""

    MY_DOMAIN = "my-domain"
    LOGIN_HOST = "login-host"


class FreezeReason(StrEnum):
    """Why Salesforce itself freezes a user."""

    LOGIN_ANOMALY = "login_anomaly"
    HIGH_RISK_ADDRESS = "high_risk_address"


class Habit(StrEnum):
    """What an API client does with its session between runs."""

    EVERY_RUN = "every_run"
    KEEP = "keep"


class SettingName(StrEnum):
    """A setting of an org; its picklist is in `decision/settings.py`."""

    PASSWORD_EXPIRES = "password_expires"
    PASSWORD_HISTORY = "password_history"
    MINIMUM_LENGTH = "minimum_length"
    COMPLEXITY = "complexity"
    MAX_ATTEMPTS = "max_attempts"
    LOCKOUT_MINUTES = "lockout_minutes"
    MINIMUM_LIFETIME = "minimum_lifetime"
    SESSION_TIMEOUT = "session_timeout"
    TERMINATE_ON_ADMIN_RESET = "terminate_on_admin_reset"
    ENFORCE_IP_RANGES = "enforce_ip_ranges"
    PREVENT_LOGIN_AT_LOGIN_HOST = "prevent_login_at_login_host"
    PREVENT_SOAP_LOGIN_AT_LOGIN_HOST = "prevent_soap_login_at_login_host"
    SOAP_LOGIN = "soap_login"
    ANY_API_AUTH = "any_api_auth"
    OAUTH_PASSWORD_FLOW = "oauth_password_flow"
    REFRESH_IDLE = "refresh_idle"
    RELEASE_CALENDAR = "release_calendar"
    LOGIN_RETIREMENT = "login_retirement"
    ANY_API_AUTH_DATE = "any_api_auth_date"
    SELF_SET_PASSWORD = "self_set_password"
    OUTSIDE_NETWORK = "outside_network"
    RATE_LIMIT = "rate_limit"
    TOKEN_MAIL_ON_PASSWORD_CHANGE = "token_mail_on_password_change"
    MISSING_TOKEN_FAULT = "missing_token_fault"
    MISSING_TOKEN_COUNTS = "missing_token_counts"
    OWN_CHANGE_ENDS_SESSIONS = "own_change_ends_sessions"
    REPEATED_LOGINS_SHARE = "repeated_logins_share"
    MFA_API_ACCEPTS_TOKEN = "mfa_api_accepts_token"
