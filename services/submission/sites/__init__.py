"""Mailboxes whose import client stands at a site: its agent takes files out of our OutBox and tells what became of them."""
