"""Playing the demo: start everything, declare the sample, show every hop, write the PDF, lay out the evidence."""

from __future__ import annotations

import contextlib
import signal
import time
from threading import Event

from rich.console import Console
from rich.live import Live

from local import screen
from local.demo import evidence, hops
from local.demo.broker_desk import LOGIN, SLUG, BrokerDesk, DemoFailed, Document
from local.platform import Platform

GOAL = "deducted"
_SECONDS = 120.0
_LOOK_SECONDS = 0.1


def play(platform: Platform, console: Console, *, stay: bool) -> bool:
    """Whether the document reached 已核扣 and the same bytes arrived. With `stay` it goes on until Ctrl-C.

    What was down before is stopped at the end. Raises DidNotStart, DemoFailed and what starting raises.
    """
    already = platform.is_running()
    screen.fetch(platform, console)
    started = time.monotonic()
    try:
        screen.start(platform, console)
        console.print(f"platform ready after {time.monotonic() - started:.1f} s")
        reached = _declare(platform, console)
        if stay:
            _stay(console)
        return reached
    finally:
        if not already:
            console.print("stopping …")
            platform.stop()


def _declare(platform: Platform, console: Console) -> bool:
    desk = BrokerDesk(platform)
    try:
        desk.open()
        document = desk.save()
        desk.declare(document)
        console.print(f"保税核注清单 {document.internal_no} ({document.document_id})")
        state = _watch(desk, document, console)
        pdf = platform.home.demo / f"{document.internal_no}.pdf"
        pages = desk.print(document, pdf)
        numbers = desk.get(document.path)["numbers"]
    finally:
        desk.close()
    console.print(
        f"统一编号 {numbers['seq_no']}  清单编号 {numbers['customs_no']}  报关单统一编号 {numbers['entry_seq_no']}"
    )
    console.print(f"PDF, {pages} page(s): {pdf}", soft_wrap=True)
    found = evidence.files(platform, document.document_id, document.internal_no)
    console.print(evidence.table(platform, found))
    _addresses(platform, console, document, desk.password)
    return state == GOAL and found.agree


def _watch(desk: BrokerDesk, document: Document, console: Console) -> str:
    """Show each hop as it comes, until the goal or the time is reached; answers the state."""
    shown = 0
    deadline = time.monotonic() + _SECONDS
    live = Live(console=console, refresh_per_second=10) if console.is_terminal else None
    with live or contextlib.nullcontext():
        while True:
            timeline = desk.timeline(document)
            found = hops.reached(timeline)
            state, label = (timeline[-1]["state"], timeline[-1]["state_label"]) if timeline else ("", "")
            if live is not None:
                live.update(hops.view(found, state, label))
            else:
                rows = hops.milliseconds(found)
                while shown < len(found) and found[shown].at is not None:
                    console.print(hops.line(rows[shown][0], rows[shown][1]))
                    shown += 1
            if state == GOAL or time.monotonic() > deadline:
                return str(state)
            if state in ("failed", "returned", "registration_failed"):
                raise DemoFailed(f"the document is {state} ({label}): see ./bondgate logs entry")
            time.sleep(_LOOK_SECONDS)


def _addresses(platform: Platform, console: Console, document: Document, password: str) -> None:
    edge = platform.edge_url
    console.print(f"API        {edge}/v1   document {edge}{document.path}", soft_wrap=True)
    console.print(f"log in     tenant {SLUG}, login {LOGIN}, password {password}", soft_wrap=True)
    console.print(
        f"simulator  {platform.url('simulator')}   prefixes of 企业内部编号: docs/simulator.md",
        soft_wrap=True,
    )


def _stay(console: Console) -> None:
    console.print("Bondgate keeps running; Ctrl-C ends it.")
    stop = Event()
    previous = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        while not stop.wait(0.5):
            pass
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
