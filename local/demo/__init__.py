"""One 保税核注清单 from entry to 已核扣 and its PDF, on the platform of this machine, through the public API."""
