"""Who is let in, and what is never given."""
import os
import signal
import socket
import stat
import subprocess
import time

import pytest

from viewer import PROGRAM, Viewer, fails, make_result


@pytest.mark.parametrize("path", ["/", "/app.js", "/app.css", "/api/v1/overview", "/nothing"])
def test_without_the_token_nothing_is_given(viewer, path):
    for headers in [{}, {"Authorization": "Bearer x"}, {"Authorization": viewer.token},
                    {"Cookie": "pytracer=" + viewer.token},
                    {"Authorization": "Bearer " + viewer.token[:-1] + "!"}]:
        status, answer, body = viewer.request(path, headers=headers, token=False)
        assert status == 401 and b"token" in body
        assert viewer.token.encode() not in body and "Set-Cookie" not in answer


def test_the_printed_address_opens_and_leaves_a_cookie(viewer):
    path = "/?token=" + viewer.token
    status, headers, body = viewer.request(path, token=False)
    assert status == 200 and b"<title>pytracer</title>" in body
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    assert headers["Cache-Control"] == "no-store"
    jar = {"Cookie": cookie.split(";")[0]}
    assert viewer.request("/api/v1/overview", headers=jar, token=False)[0] == 200
    assert viewer.request("/app.js", headers=jar, token=False)[0] == 200


def test_tokens_are_long_and_new_each_time(result):
    tokens = set()
    for _ in range(3):
        with Viewer("--filename", result) as other:
            tokens.add(other.token)
    assert len(tokens) == 3 and all(len(t) == 43 for t in tokens)


def test_health_needs_no_token_and_tells_nothing(viewer):
    assert viewer.request("/healthz", token=False)[::2] == (200, b"ok\n")


@pytest.mark.parametrize("host, status", [
    ("127.0.0.1:{port}", 200), ("localhost:9999", 200), ("[::1]:80", 200),
    ("evil.example", 403), ("127.0.0.1.evil.example:{port}", 403), ("localhost.evil:80", 403),
    ("[::1", 403), ("", 403),
])
def test_a_foreign_host_name_is_refused(viewer, host, status):
    headers = {"Host": host.format(port=viewer.port)}
    assert viewer.request("/api/v1/overview", headers=headers)[0] == status


def test_a_foreign_origin_is_refused(viewer):
    own = f"http://127.0.0.1:{viewer.port}"
    for origin, status in [(own, 200), ("http://evil.example", 403), ("null", 403),
                           ("http://127.0.0.1:1", 403)]:
        assert viewer.request("/api/v1/overview", headers={"Origin": origin})[0] == status


@pytest.mark.parametrize("path", ["/", "/api/v1/overview", "/api/v1/none", "/healthz"])
def test_every_answer_carries_the_protecting_headers(viewer, path):
    _, headers, _ = viewer.request(path)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_page_has_no_inline_script_and_names_no_other_host(viewer):
    page = viewer.request("/")[2].decode()
    assert "<script src=\"/app.js\" defer></script>" in page and page.count("<script") == 1
    assert "http" not in page


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(viewer, method):
    status, headers, _ = viewer.request("/api/v1/overview", method, body="x" * 100000)
    assert status == 405 and headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", [
    "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/app.js/../../x",
    "/api/v1/sources/%2e%2e", "/app.js%00.html", "/index.html%2f..", "/?token=&x",
])
def test_no_path_leads_out(viewer, path):
    status, _, body = viewer.request(path)
    assert b"root:" not in body and (status in (400, 404) or path == "/?token=&x")


def test_hostile_names_are_data(viewer):
    status, headers, body = viewer.request("/api/v1/functions")
    assert headers["Content-Type"] == "application/json"
    assert b"<script" not in body and b"\\u003cscript>" in body


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200000 + b"\r\n\r\n",
    b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00" + bytes(200), b"GET\r\n\r\n", b"\r\n" * 5000,
    b"GET /api/v1/overview?" + b"a=b&" * 20000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\nx",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
], ids=["long header", "long address", "tls", "no address", "empty lines", "long query", "long body",
        "broken chunks"])
def test_absurd_requests_end_and_harm_nobody(viewer, data):
    try:
        answer = viewer.raw(data)
    except OSError:  # closed in our face: just as well
        answer = b""
    assert b" 200 " not in answer.split(b"\r\n")[0]
    assert viewer.request("/healthz")[0] == 200


def test_a_silent_client_does_not_block_the_others(viewer):
    silent = [socket.create_connection(("127.0.0.1", viewer.port)) for _ in range(50)]
    for s in silent:
        s.sendall(b"GET / HT")
    assert viewer.request("/api/v1/overview")[0] == 200
    for s in silent:
        s.close()


def test_a_client_that_sends_a_byte_now_and_then_is_ended(viewer):
    """The idle time begins anew with each byte, the time of a request does not (30 s)."""
    with socket.create_connection(("127.0.0.1", viewer.port), timeout=20) as slow:
        slow.settimeout(1)
        for byte in b"GET /healthz HTTP/1.1\r\nHost: " + b"a" * 60:
            try:
                slow.sendall(bytes([byte]))
                if slow.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            pytest.fail("it was still served after a minute and a half")
    assert viewer.request("/healthz")[0] == 200


def test_too_many_connections_get_a_clear_answer(result):
    with Viewer("--filename", result, "--no-token") as other:
        held = []
        try:
            for _ in range(560):
                held.append(socket.create_connection(("127.0.0.1", other.port)))
            time.sleep(0.2)
            status, _, body = other.request("/api/v1/overview")
        finally:
            for s in held:
                s.close()
        assert status == 503 and b"too many" in body
        for _ in range(50):
            if other.request("/healthz")[0] == 200:
                break
            time.sleep(0.1)
        assert other.request("/api/v1/overview")[0] == 200


def test_a_socket_is_for_its_owner_alone(result, tmp_path):
    path = tmp_path / "viewer.sock"
    with Viewer("--filename", result, "--socket", path, port=None) as other:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert f"-L 8050:{path}" in other.lines[1]
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(path))
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost:8050\r\nConnection: close\r\n\r\n")
            assert s.recv(4096).startswith(b"HTTP/1.1 200")
        words, _ = fails("--filename", result, "--socket", path)
        assert "another --socket" in words
        assert other.stop()[0] == 0
    assert not path.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_cleanly(result, number):
    other = Viewer("--filename", result)
    assert "ssh -L" in other.lines[1] and str(other.port) in other.lines[1]
    assert other.stop(number) == (0, "")


def test_a_port_in_use_that_was_asked_for_is_an_error(viewer, result):
    words, status = fails("--filename", result, "--port", viewer.port)
    assert f"port {viewer.port}" in words and "in use" in words and "--port 0" in words


def test_without_a_port_the_next_free_one_is_taken(result):
    with Viewer("--filename", result, port=None) as one, Viewer("--filename", result, port=None) as two:
        assert 8050 <= one.port < 8150 and 8050 <= two.port < 8150
        assert one.port != two.port


def test_no_token_lets_everyone_in(result):
    with Viewer("--filename", result, "--no-token") as other:
        assert "token" not in other.lines[0]
        assert other.request("/api/v1/overview", token=False)[0] == 200
        assert other.request("/", headers={"Host": "evil.example"}, token=False)[0] == 403


def test_it_ends_by_itself_when_nobody_asks(result):
    other = Viewer("--filename", result, "--idle-timeout", "1")
    assert other.process.wait(timeout=20) == 0


def test_options_of_the_original_are_taken(result, folder):
    for options in [["--threaded"], ["--threaded", "no"], ["--threaded=yes"], ["--debug"],
                    ["--host", "localhost"], ["--directory", folder]]:
        with Viewer("--filename", result, *options) as other:
            assert other.request("/api/v1/overview")[0] == 200


def test_debug_shows_requests_but_not_the_token(result):
    other = Viewer("--filename", result, "--debug")
    other.request("/?token=" + other.token, token=False)
    _, words = other.stop()
    assert "request /?token=" in words and other.token not in words


@pytest.mark.parametrize("options, words", [
    (["--port", "99999"], "--port"), (["--port", "x"], "--port"), (["--nonsense"], "--nonsense"),
    (["--port"], "needs a value"), (["--threaded", "maybe"], "--threaded"),
    (["stray.h5"], "--filename"), (["--host", "no.such.host.invalid"], "no.such.host.invalid"),
    (["--socket", "/x", "--port", "1"], "exclude"),
])
def test_wrong_options_are_named(result, options, words):
    text, status = fails("--filename", result, *options)
    assert words in text


def test_help_and_version():
    done = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and "--filename F" in done.stdout
    done = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and done.stdout.startswith("pytracer-viz ")


def test_it_needs_no_mpi():
    libraries = subprocess.run(["ldd", PROGRAM], capture_output=True, text=True, check=True).stdout
    assert "libmicrohttpd" in libraries and "libmpi" not in libraries and "libpython" not in libraries
