"""The ports: server, proxy, certificates, journal."""
