# CumulusCI: an org that is named by a variable, with a refresh token of its connected app.
export CUMULUSCI_KEY=0123456789abcdef
export CUMULUSCI_ORG_fresh="{\"username\": \"$FRESHTOKEN_USER\", \
\"instance_url\": \"https://login.salesforce.com\", \
\"client_id\": \"$FRESHTOKEN_CLIENT_ID\", \"client_secret\": \"$FRESHTOKEN_CLIENT_SECRET\", \
\"refresh_token\": \"$FRESHTOKEN_REFRESH_TOKEN\"}"
HOME=$(mktemp -d)
export HOME
trap 'rm -rf "$HOME"' EXIT
"$1" org info fresh
