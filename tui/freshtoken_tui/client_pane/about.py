"""What F1 tells of the API client."""

HELP = """\
## API client
A program that holds credentials and calls the org, as your nightly jobs do. It is a real HTTP
client; the request and the answer on **Wire** are what went over.

- **Log in** (f9) sends password and token, glued together: the org never sees them apart.
- **Query** (ctrl+g) uses the session it already has. A password change does not end it
  [assumption own_change_ends_sessions].
- **Paste newest token** (f10) takes the newest mailed token. Whether it still works, you will see.
- **Why** shows the gates of the attempt, **Attempts** every login with this username (enter chooses
  one).
- **OAuth client credentials** presents neither password nor token: log it in before and after a
  password change.
- A client **from outside** (ctrl+s opens the ports) appears by itself when it calls; what it holds
  is its own affair.
- ctrl+t goes through the tabs, ctrl+r shows the secrets.
"""
