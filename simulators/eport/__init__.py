"""The e-port local signing service, played on a WebSocket; written from what public programs do with it."""
