"""A virtual e-port card: own APDU machine, own SM2, own certificates; shares nothing with what it tests."""
