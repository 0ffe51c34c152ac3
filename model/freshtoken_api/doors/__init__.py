"""One protocol a module: SOAP, REST, OAuth, the authorization page. No door imports another."""
