"""One protocol in each module: SOAP, REST, OAuth, and the authorization pages."""
