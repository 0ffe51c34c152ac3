# The vlocity build tool: a check of local data, with the credentials in its properties file.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf 'projectPath: .\nqueries:\n  - VlocityDataPackType: SObject\n    query: Select Id from Account\n' > job.yaml
printf 'sf.username = %s\nsf.password = %s\nsf.loginUrl = https://login.salesforce.com\n' \
    "$FRESHTOKEN_USER" "$FRESHTOKEN_PASSWORD$FRESHTOKEN_TOKEN" > build.properties
node "$1/lib/vlocitybuild.js" -propertyfile build.properties -job job.yaml validateLocalData
