"""A line to a server on the loopback that can be cut, or can lose the answers that come back."""

import contextlib
import socket
import threading


class Line:
    """Forwards connections to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self.lose_answers = 0
        """Answers still to be lost: the server carries the request out, and the line breaks before it says so."""
        self.cut_after: int | None = None
        """Bytes of answers after which the line is cut for good."""
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Refuse new connections and break those that are open."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._sockets:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                far = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [near, far]
                threading.Thread(target=self._forward, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._forward, args=(far, near, True), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                if answers and self.lose_answers and not part.startswith(b"HTTP/1.1 100"):
                    self.lose_answers -= 1
                    break
                if answers and self.cut_after is not None:
                    self.cut_after -= len(part)
                    if self.cut_after < 0:
                        self.cut()
                sink.sendall(part)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
