"""The ports of an org: server, CONNECT proxy, certificates, and the journal of requests."""
