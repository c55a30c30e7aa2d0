"""The web page as the edge serves it: one page for every address, with a policy of its own; its assets kept for ever."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import httpx
import pytest

from tests.contract.test_edge import Edge
from tests.support.edge import running_edge
from tests.support.infrastructure import TREE

_WEBKIT = "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"

PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    built = tmp_path_factory.mktemp("edge")
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text('<script nonce="{{placeholder `http.request.uuid`}}"></script>页面')
    shutil.copy(TREE / "portal/public/outdated.html", built)
    (built / "assets" / "app-1a2b.js").write_text("plain")
    (built / "assets" / "app-1a2b.js.br").write_bytes(b"as brotli")
    (built / "assets" / "app-1a2b.js.gz").write_bytes(b"as gzip")
    with running_edge({}, portal=built) as url:
        yield Edge(url)


@pytest.mark.parametrize("path", ["/", "/z8/inventories", "/z7/gate-passes/new"])
def test_every_address_is_the_page_with_a_nonce_of_its_own(edge: Edge, path: str) -> None:
    answers = [edge.send("GET", path, headers=PAGE) for _ in range(2)]
    nonces = []
    for answer in answers:
        assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
        [nonce] = re.findall(r'nonce="([^"]+)"', answer.text)
        assert f"script-src 'self' 'nonce-{nonce}'" in policy
        nonces.append(nonce)
    assert nonces[0] != nonces[1]


@pytest.mark.parametrize(("accepted", "content"), [("br, gzip", b"as brotli"), ("gzip", b"as gzip")])
def test_assets_stand_there_compressed_and_are_kept(edge: Edge, accepted: str, content: bytes) -> None:
    headers = {"accept-encoding": accepted}
    with httpx.stream("GET", edge.url + "/assets/app-1a2b.js", headers=headers, trust_env=False) as answer:
        assert b"".join(answer.iter_raw()) == content
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("agent", "accepted"),
    [
        (
            "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko",
            "text/html, application/xhtml+xml, */*",
        ),
        ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)", "image/gif, image/jpeg, */*"),
        (f"{_WEBKIT} Chrome/108.0.5359.125 Safari/537.36", "text/html,*/*;q=0.8"),
        (f"{_WEBKIT} Chrome/86.0.4240.198 Safari/537.36 QIHU 360SE", "text/html,*/*;q=0.8"),
        ("Mozilla/5.0 (Windows NT 6.1; rv:102.0) Gecko/20100101 Firefox/102.0", "text/html,*/*;q=0.8"),
    ],
)
def test_a_browser_that_is_too_old_is_told_what_to_use(edge: Edge, agent: str, accepted: str) -> None:
    answer = edge.send("GET", "/z8/inventories", headers={"accept": accepted, "user-agent": agent})
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    for words in ("请更换浏览器", "Chrome</b>：109", "Firefox</b>：115", "Windows 7"):
        assert words in answer.text
    # It needs nothing that such a browser lacks.
    assert "<script" not in answer.text and "var(" not in answer.text


@pytest.mark.parametrize(
    "version", ["Chrome/109.0.5414.120", "Chrome/153.0.0.0", "Firefox/115.0", "Firefox/153.0"]
)
def test_the_oldest_browsers_that_are_promised_get_the_page(edge: Edge, version: str) -> None:
    headers = {"accept": "text/html", "user-agent": f"{_WEBKIT} {version}"}
    assert "请更换浏览器" not in edge.send("GET", "/z8/inventories", headers=headers).text


@pytest.mark.parametrize("path", ["/v1/nothing", "/nothing", "/assets/gone-9f.js"])
def test_a_program_is_told_that_there_is_nothing(edge: Edge, path: str) -> None:
    answer = edge.send("GET", path, headers={"accept": "application/json"})
    assert answer.status_code == 404 and answer.json()["code"] == "not_found"
