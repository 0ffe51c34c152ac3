#!/bin/sh
# Tests of a script that calls Salesforce with curl. Run them with:
#   freshtoken serve run --control -- sh nightly_test.sh
set -eu

control() { # METHOD PATH [BODY]
  curl --silent --show-error --fail-with-body --max-time 20 --request "$1" \
    --header "Authorization: Bearer $FRESHTOKEN_CONTROL_TOKEN" ${3:+--data "$3"} \
    "$FRESHTOKEN_CONTROL_URL$2"
}

field() { # NAME: the value of a text field in the JSON on standard input
  sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p"
}

log_in() { # PASSWORD TOKEN: the HTTP status of a SOAP login()
  curl --silent --output /dev/null --write-out '%{http_code}' --max-time 20 \
    --header 'Content-Type: text/xml' --header 'SOAPAction: login' --data @- \
    "$FRESHTOKEN_URL/services/Soap/u/64.0" <<XML
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
<login xmlns="urn:partner.soap.sforce.com"><username>integration@acme.example</username><password>$1$2</password></login>
</e:Body></e:Envelope>
XML
}

expect() { # WHAT WANTED FOUND
  [ "$2" = "$3" ] || { echo "not ok - $1: $3 instead of $2"; exit 1; }
  echo "ok - $1"
}

control POST /reset >/dev/null
old=$(control GET /users/integration/token | field token)
expect "the token of the training org lets in" 200 "$(log_in Harbour-Light-7 "$old")"
control POST /users/integration/password '{"old": "Harbour-Light-7", "new": "Fresh-Start-88"}' >/dev/null
expect "after a password change the old token is refused" 500 "$(log_in Fresh-Start-88 "$old")"
new=$(control GET '/mail/latest?user=integration' | field token)
expect "the mailed token lets in" 200 "$(log_in Fresh-Start-88 "$new")"
control POST /faults '{"fault": "server_unavailable", "operation": "login"}' >/dev/null
expect "a server that is too busy refuses" 500 "$(log_in Fresh-Start-88 "$new")"
expect "the next login works" 200 "$(log_in Fresh-Start-88 "$new")"
