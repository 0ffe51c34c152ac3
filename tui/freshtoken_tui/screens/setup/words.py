"""What Setup's pages say about a choice before it is made: words only, with the mark of what is
known. No rules.
"""

CHANGES = {
    "password_expires": "Counted from each password's last change: an older one is expired at "
    "once. A client is still let in"
    " with it, and then nothing but setPassword() works [DOC expired-login-succeeds].",
    "password_history": "Applies at the next password change; present passwords stay valid.",
    "minimum_length": "Applies at the next password change; present passwords stay valid.",
    "complexity": "Applies at the next password change; present passwords stay valid.",
    "max_attempts": "This many wrong passwords or tokens lock a user out; what was counted so far "
    "stays counted.",
    "lockout_minutes": "Applies to the next lockout; the end of a present one stays.",
    "minimum_lifetime": "On: within 24 hours after a change neither the user nor an admin can "
    "change the password again.",
    "self_set_password": "Off: users cannot set their own password by setPassword(). An admin can, "
    "and changeOwnPassword() still works.",
    "session_timeout": "Applies at once, to open sessions too: one that was unused for that long "
    "is over.",
    "terminate_on_admin_reset": "On: Reset Password ends the user's sessions in the user "
    "interface; those of the API go on.",
    "enforce_ip_ranges": "On: an open session no longer works from outside the login IP ranges of "
    "its user's profile.",
    "prevent_login_at_login_host": "On: the right credentials are refused at the login host, for "
    "people and for the username-password flow; the Login page here then is that of My Domain "
    "[DOC my-domain-login-policy].",
    "prevent_soap_login_at_login_host": "On: a SOAP login() at the login host is refused; an API "
    "client logs in where it is set to: freshtoken client set --login-host.",
    "soap_login": "Off: every SOAP login() is refused with INVALID_OPERATION; open sessions go on.",
    "any_api_auth": "On: a SOAP login() without the permission Use Any API Auth is refused with "
    "INSUFFICIENT_ACCESS.",
    "oauth_password_flow": "Off: the flow answers invalid_grant, as to a wrong password; the "
    "other flows go on.",
    "refresh_idle": "Applies at once: a refresh token unused for that long is refused when "
    "it is used next.",
    "outside_network": "Applies to the next call from outside.",
    "release_calendar": "On: what has been reached is retired at once, the rest when org time "
    "reaches it.",
    "login_retirement": "From that day on every SOAP login() is refused; counts while the "
    "calendar is on.",
    "any_api_auth_date": "From that day on SOAP login() asks everybody for the permission; counts "
    "while the calendar is on.",
}
"""What choosing another value of a setting does, by the setting's name."""

PERMITS = {
    "api-enabled": "Without it the user cannot log in by any API [assumption gate_order].",
    "api-only": "With it: no user interface, and Reset My Security Token is not offered "
    "[DOC token-reset-hidden-help].",
    "use-any-api-auth": "Asked for by SOAP login() where the org requires it: Setup, API "
    "[DOC any-api-auth-kb].",
    "mfa-for-api-logins": "With it, once an authenticator is registered: its code in the token's "
    "place, and the token reset"
    " is not offered [assumption mfa_api_accepts_token].",
    "password-never-expires": "With it neither the policy nor Expire All Passwords ends the "
    "password [DOC expire-all-passwords].",
}
"""What a permission does, by its short name."""

FLOW_WORDS = {
    "password": (
        "Username-Password",
        "Sends password and security token; a password change stops it "
        "[DOC oauth-password-needs-token-guide]. "
        "Retired 2027-02-20 [DOC oauth-password-retired].",
    ),
    "client_credentials": (
        "Client Credentials",
        "No password, no token: runs as the run-as user below; a password change does not touch "
        "it [INF oauth-flows-without-password].",
    ),
    "jwt_bearer": (
        "JWT Bearer",
        "A signed assertion names the user; needs a key, which is registered by: freshtoken app "
        "certificate.",
    ),
    "refresh_token": (
        "Refresh Token",
        "A new session without a login, while it is not idle for longer than Setup, API allows "
        "[DOC oauth-refresh-idle].",
    ),
    "web_server": (
        "Web Server",
        "The user logs in, in a browser, and the app exchanges a code; with PKCE where it asks.",
    ),
}
"""OAuth flows of a connected app: label, and what it is."""
FLOW_TAKEN = "Without it the app is told: grant type not supported [WIRE oauth-grant-type]."
APP_POLICIES = {
    "rotation": "Refresh Token Rotation. On: each use of a refresh token gives a new one, and "
    "using an old one again revokes them all, with the sessions of the app "
    "[DOC refresh-token-reuse].",
    "relaxation": "Whether who uses the app is held to the login IP ranges of the profile "
    "[DOC app-ip-relaxation-table]. JWT bearer is held to them always [DOC app-ip-relaxation].",
}
"""Policies of a connected app, by the id of their field."""

CALLBACKS = (
    "Where the web server flow may send a user back to: https, or a scheme of the app's own "
    "[DOC callback-url-rules]; http at localhost. Enter adds what was typed; in the list it takes "
    "the one under the cursor."
)

RANGES = (
    "Users of this profile then log in from these ranges and from nowhere else "
    "[DOC profile-ip-blocks]. Inside no token is"
    " needed, and Reset My Security Token is not offered "
    "[DOC token-reset-hidden-help]."
)
HOURS = (
    "0:00 to 24:00 is the whole day; the same start and end: no access that day "
    "[DOC login-hours-rules]."
)
OWN_POLICY = (
    "For this profile alone: the org's setting no longer reaches its users "
    "[DOC policy-profile-wins]."
)

DAY_NAMES = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
