"""The web process: cases, calls and agents over HTTP, the agents' screens over WebSocket; no telephony in here."""
