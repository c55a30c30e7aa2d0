"""Submission: puts signed messages before the import client of the right card, and finds out what became of them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from fastapi import FastAPI

from backbone import service
from backbone.consume import Consumer
from backbone.folder_news import FolderNews
from backbone.jobs import Worker
from backbone.periodic import Periodic
from backbone.service import Runtime
from services.submission import consumer
from services.submission.api import application
from services.submission.boxes import Mailboxes
from services.submission.commands import AT_ONCE, QUEUE, Delivering
from services.submission.settings import Settings
from services.submission.sites import settling
from services.submission.sites.api import Access
from services.submission.watcher import BoxWatcher

_MOST_LANES = 64


async def build(settings: Settings, runtime: Runtime) -> FastAPI:
    news = FolderNews()
    mailboxes = Mailboxes(settings.exchange_dir, create=settings.create_mailboxes, news=news)
    grace = timedelta(seconds=settings.missing_grace_seconds)
    pool = runtime.worker_pool
    delivering = Delivering(pool=pool, mailboxes=mailboxes, grace=grace, wake=runtime.waker.wake)
    worker = Worker(
        queue=QUEUE,
        pool=pool,
        dsn=settings.worker_database_url,
        handler=delivering.do,
        together=delivering.together,
        at_once=AT_ONCE,
        max_lanes=_MOST_LANES,
        admits=mailboxes.is_ours_to_try,
    )
    watcher = BoxWatcher(
        pool=pool,
        mailboxes=mailboxes,
        grace=grace,
        poll_seconds=settings.box_poll_seconds,
        wake=[runtime.waker.wake, worker.wake],
    )
    listening = Consumer(
        group=consumer.GROUP,
        pool=pool,
        bootstrap=settings.kafka_bootstrap_servers,
        topics=consumer.TOPICS,
        handlers=consumer.handlers(),
        after_commit=[worker.wake],
    )
    settling_sites = partial(settling.turn, pool, settings.exchange_dir)
    sites = Periodic("sites", settling_sites, settling.SECONDS)
    runtime.components.extend([listening, news, worker, watcher, sites])
    return application(runtime.ready, Access(runtime.pool, settings.exchange_dir))


def main() -> None:
    service.run("submission", Settings(), build)
