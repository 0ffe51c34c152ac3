# curl in a shell loop, as in many cron jobs: it tries until something comes back, and never fails.
body="<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body>\
<login xmlns='urn:partner.soap.sforce.com'><username>$FRESHTOKEN_USER</username>\
<password>$FRESHTOKEN_PASSWORD$FRESHTOKEN_TOKEN</password></login></e:Body></e:Envelope>"
for attempt in 1 2 3 4 5 6; do
    session=$(curl -s -H 'Content-Type: text/xml' -d "$body" \
        https://login.salesforce.com/services/Soap/u/59.0 |
        sed -n 's/.*<sessionId>\([^<]*\)<.*/\1/p')
    [ -n "$session" ] && break
done
for soql in 'SELECT+Id+FROM+Account' 'SELECT+Id+FROM+User'; do
    curl -s -H "Authorization: Bearer $session" \
        "https://acme.my.salesforce.com/services/data/v59.0/query?q=$soql"
done
