"""A sound file of two questions, for tests to spoil: one seen alike, one tried apart."""

SOUND = """
format = 1
topic = "doors"
title = "Doors of the org"
weight = 7
about = "Written for a test."

[[question]]
id = "old-token"
objective = "Say what a change does."
difficulty = "easy"
text = '''
Ada changes the password. What is true
of the token she had before?
'''
sources = ["token-dies-login-page"]
as_of = "Winter '27"
exam_answer = "It dies."
todays_answer = "It dies still."

[[question.option]]
text = "It works on"
why = "No longer."
shows = [{ check = "happened", event = "token_retired", user = "ada", times = 0 }]

[[question.option]]
text = "It is retired"
right = true
why = "The change ends it."
shows = [{ check = "happened", event = "token_retired", user = "ada" }]

[[question.option]]
text = "There was none"
why = "There was one."
shows = [{ check = "token_state", user = "ada", is = "never_issued" }]

[question.proof]
steps = ["password change ada --old Copper-Kettle-4 --new Amber-Window-22"]

[[question]]
id = "two-ways"
objective = "Trust a network."
difficulty = "hard"
text = "Sales dashboard calls from a cloud nobody trusts. Which acts let it in?"
sources = ["trusted-ip-no-token"]
as_of = "Winter '27"

[[question.option]]
text = "Trust its address"
right = true
why = "No token is asked for there."
do = ["setup add-range 203.0.113.0 203.0.113.255", 'client login "Sales dashboard"']

[[question.option]]
text = "Give it a new token"
right = true
why = "It opens the door elsewhere."
do = ["token reset sam", 'client set "Sales dashboard" --newest-token', 'client login "Sales dashboard"']

[[question.option]]
text = "Make it API only"
why = "That spares no token."
do = ["user grant sam api-only", '! client login "Sales dashboard"']

[question.proof]
setup = ['client set "Sales dashboard" --from cloud']
shows = [{ check = "logged_in", client = "Sales dashboard", network = "cloud" }]
"""
FILE = "questions/doors.toml"
ONE, TWO = "[[question]] old-token", "[[question]] two-ways"
