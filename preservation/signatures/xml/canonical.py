"""Canonical XML 1.0, 1.1 and Exclusive Canonical XML of documents, subtrees and sets of nodes.

Whole documents and subtrees go through libxml2, a subtree as a document of its own: in place it writes `xmlns=""`
where it must not. Sets of single nodes, which lxml does not offer, are written here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from lxml import etree

from preservation.signatures.xml.names import C14N, C14N_11, EXC_C14N, XML, local
from preservation.signatures.xml.nodes import Key, NodeSet

_XML_BASE = f"{{{XML}}}base"
_XML_ID = f"{{{XML}}}id"
_COPY = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, collect_ids=False)
"""For trees that were already read cautiously."""
_ATTRIBUTE_NAME = etree.XPath("name(@*[local-name() = $name and namespace-uri() = $space])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One canonicalization method."""

    exclusive: bool = False
    comments: bool = False
    version_11: bool = False
    prefixes: tuple[str, ...] = ()
    """Prefixes an exclusive method treats as an inclusive one does; `#default` for the default namespace."""


DEFAULT = Method()
"""Canonical XML 1.0 without comments: what XMLDSig prescribes where nothing is said."""

_METHODS = {
    C14N: Method(),
    C14N + "#WithComments": Method(comments=True),
    C14N_11: Method(version_11=True),
    C14N_11 + "#WithComments": Method(version_11=True, comments=True),
    EXC_C14N: Method(exclusive=True),
    EXC_C14N + "WithComments": Method(exclusive=True, comments=True),
}


def method_of(identifier: str, element: etree._Element | None = None) -> Method | None:
    """Return the method with an identifier, and the prefix list its element gives; none when it is unknown.

    Source:
        Exclusive XML Canonicalization 1.0, 4
    """
    method = _METHODS.get(identifier)
    if method is None or not method.exclusive or element is None:
        return method
    given = element.find(f"{{{EXC_C14N}}}InclusiveNamespaces")
    listed = tuple((given.get("PrefixList") or "").split()) if given is not None else ()
    return Method(exclusive=True, comments=method.comments, prefixes=listed)


def canonicalize(nodes: NodeSet, method: Method) -> bytes:
    """Return the canonical form of a set of nodes."""
    key = (nodes.apex, nodes.removed, nodes.comments, method)
    document = nodes.document if nodes.visible is None else None
    if document is not None and document.canonical is not None and document.canonical[0] == key:
        return document.canonical[1]
    octets = _canonical(nodes, method)
    if document is not None:
        document.canonical = (key, octets)
    return octets


def _canonical(nodes: NodeSet, method: Method) -> bytes:
    comments = method.comments and nodes.comments
    if "#default" in method.prefixes and nodes.visible is None:  # lxml drops a prefix that no document uses
        nodes = replace(nodes, removed=(), visible=frozenset(nodes.keys()))
    if nodes.visible is not None:
        return _Writer(nodes, method, comments=comments).write()
    if nodes.apex is None:
        return _serialize(_whole(nodes), method, comments=comments)
    return _serialize(_standalone(nodes, method), method, comments=comments)


def canonicalize_element(element: etree._Element, method: Method) -> bytes:
    """Return the canonical form of an element, its comments included where the method asks for them."""
    return canonicalize(NodeSet(tree=element.getroottree(), apex=element, comments=True), method)


def _serialize(tree: etree._ElementTree, method: Method, *, comments: bool) -> bytes:
    octets = etree.tostring(
        tree,
        method="c14n",
        exclusive=method.exclusive,
        with_comments=comments,
        inclusive_ns_prefixes=list(method.prefixes) if method.prefixes else None,
    )
    return bytes(octets)


def _whole(nodes: NodeSet) -> etree._ElementTree:
    if not nodes.removed:
        return nodes.tree
    if nodes.document is not None:
        tree = nodes.document.fresh()
    else:  # not copy.deepcopy: it turns the order of what stands after the root
        tree = etree.fromstring(etree.tostring(nodes.tree, encoding="UTF-8"), _COPY).getroottree()
    _remove(nodes, tree.getroot())
    return tree


def _standalone(nodes: NodeSet, method: Method) -> etree._ElementTree:
    """Return a subtree as a document: with the namespaces and the xml: attributes it inherits."""
    root = etree.fromstring(etree.tostring(nodes.top, encoding="UTF-8", with_tail=False), _COPY)
    if not method.exclusive:
        for name, value in inherited(nodes.top, method, frozenset()).items():
            root.set(name, value)
    _remove(nodes, root)
    return root.getroottree()


def _remove(nodes: NodeSet, top: etree._Element) -> None:
    """Take the removed elements out of a copy of the set's tree; the text after each stays."""
    for copied in [_same(element, nodes.top, top) for element in nodes.removed]:
        parent = copied.getparent() if copied is not None else None
        if copied is None or parent is None:
            continue
        before = copied.getprevious()
        if copied.tail and before is not None:
            before.tail = (before.tail or "") + copied.tail
        elif copied.tail:
            parent.text = (parent.text or "") + copied.tail
        parent.remove(copied)


def _same(element: etree._Element, top: etree._Element, copied_top: etree._Element) -> etree._Element | None:
    """Return an element's copy; none when it does not lie under the top."""
    path: list[int] = []
    current = element
    while current is not top:
        parent = current.getparent()
        if parent is None:
            return None
        path.append(parent.index(current))
        current = parent
    found = copied_top
    for index in reversed(path):
        found = found[index]
    return found


def inherited(element: etree._Element, method: Method, visible: frozenset[Key]) -> dict[str, str]:
    """Return the xml: attributes an element takes over when its parent is not in the set.

    Source:
        Canonical XML 1.0, 2.4; Canonical XML 1.1, 2.4 (xml:id stays, xml:base is joined)
    """
    found: dict[str, str] = {}
    bases = [element.get(_XML_BASE, "")]
    omitted = True
    for ancestor in element.iterancestors():
        omitted = omitted and (ancestor, "") not in visible
        for name, value in ancestor.attrib.items():
            text, key = str(value), str(name)
            if key == _XML_BASE and method.version_11:
                bases.extend([text] if omitted else [])
            elif key.startswith(f"{{{XML}}}") and not (method.version_11 and key == _XML_ID):
                found.setdefault(key, text)
    found = {name: value for name, value in found.items() if element.get(name) is None}
    if len(bases) > 1:
        base = ""
        for part in reversed(bases):
            base = urljoin(base, part)
        found[_XML_BASE] = base
    return found


class _Writer:
    """Writes a set of single nodes (Canonical XML 1.0, 2.3; Exclusive XML Canonicalization 1.0, 3)."""

    def __init__(self, nodes: NodeSet, method: Method, *, comments: bool) -> None:
        self._visible = nodes.visible or frozenset()
        self._root: etree._Element = nodes.tree.getroot()
        self._method = method
        self._comments = comments
        self._parts: list[str] = []

    def write(self) -> bytes:
        for node in reversed(list(self._root.itersiblings(preceding=True))):
            if self._other(node):
                self._parts.append("\n")
        self._element()
        for node in self._root.itersiblings():
            self._parts.append("\n")
            if not self._other(node):
                self._parts.pop()
        return "".join(self._parts).encode("utf-8")

    def _other(self, node: etree._Element) -> bool:
        """Write a comment or instruction; tell whether it was written."""
        if (node, "") not in self._visible or (isinstance(node, etree._Comment) and not self._comments):
            return False
        if isinstance(node, etree._Comment):
            self._parts.append(f"<!--{_normal(node.text)}-->")
        elif isinstance(node, etree._ProcessingInstruction):
            data = f" {_normal(node.text)}" if node.text else ""
            self._parts.append(f"<?{node.target!s}{data}?>")
        return True

    def _element(self) -> None:
        """Write the root and everything under it, without recursion: depth is the document's choice."""
        stack: list[tuple[etree._Element, Iterator[etree._Element], Mapping[str | None, str], str]] = []
        self._open(self._root, {}, stack)
        while stack:
            element, rest, scope, end = stack[-1]
            child = next(rest, None)
            if child is None:
                stack.pop()
                self._parts.append(end)
                if element is not self._root:
                    self._text(element, "tail", element.tail)
            elif isinstance(child.tag, str):
                self._open(child, scope, stack)
            else:
                self._other(child)
                self._text(child, "tail", child.tail)

    def _open(
        self,
        element: etree._Element,
        scope: Mapping[str | None, str],
        stack: list[tuple[etree._Element, Iterator[etree._Element], Mapping[str | None, str], str]],
    ) -> None:
        end = ""
        if (element, "") in self._visible:
            name = _qualified(element)
            attributes = self._attributes(element)
            declared, scope = self._namespaces(element, attributes, scope)
            shown = "".join(f' {prefixed}="{_attribute(value)}"' for prefixed, value in attributes.values())
            self._parts.append(f"<{name}{declared}{shown}>")
            end = f"</{name}>"
        self._text(element, "text", element.text)
        stack.append((element, iter(element), scope, end))

    def _text(self, element: etree._Element, kind: str, text: str | None) -> None:
        if text and (element, kind) in self._visible:
            self._parts.append(_text(text))

    def _attributes(self, element: etree._Element) -> dict[tuple[str, str], tuple[str, str]]:
        """Return the attributes to be written, by namespace and name: their prefixed name and value."""
        given = {str(name): str(value) for name, value in element.attrib.items()}
        chosen = {name: value for name, value in given.items() if (element, "@" + name) in self._visible}
        parent = element.getparent()
        if not self._method.exclusive and (parent is None or (parent, "") not in self._visible):
            chosen |= inherited(element, self._method, self._visible)
        found = {}
        for name, value in chosen.items():
            space, _, bare = name[1:].rpartition("}") if name.startswith("{") else ("", "", name)
            found[space, bare] = (_prefixed(element, space, bare), value)
        return dict(sorted(found.items()))

    def _namespaces(
        self,
        element: etree._Element,
        attributes: Mapping[tuple[str, str], tuple[str, str]],
        scope: Mapping[str | None, str],
    ) -> tuple[str, Mapping[str | None, str]]:
        """Return the declarations to be written, and what is then in force for what stands under the element."""
        here: dict[str | None, str] = {prefix: uri or "" for prefix, uri in element.nsmap.items() if prefix != "xml"}
        wanted: set[str | None] = {None, *here}
        if self._method.exclusive:
            wanted = {None if prefix == "#default" else prefix for prefix in self._method.prefixes} & set(here)
            wanted.add(element.prefix)
            wanted |= {name.partition(":")[0] for name, _ in attributes.values() if ":" in name} - {"xml"}
        new = {prefix: here.get(prefix, "") for prefix in wanted if here.get(prefix, "") != scope.get(prefix, "")}
        written = "".join(
            f' xmlns{":" + prefix if prefix else ""}="{_attribute(uri)}"'
            for prefix, uri in sorted(new.items(), key=lambda item: item[0] or "")
        )
        return written, {**scope, **new} if self._method.exclusive else here


def _qualified(element: etree._Element) -> str:
    bare = local(element)
    return f"{element.prefix}:{bare}" if element.prefix else bare


def _prefixed(element: etree._Element, space: str, bare: str) -> str:
    if not space:
        return bare
    if space == XML:
        return f"xml:{bare}"
    prefixes = [prefix for prefix, uri in element.nsmap.items() if uri == space and prefix]
    if len(prefixes) == 1:
        return f"{prefixes[0]}:{bare}"
    return str(_ATTRIBUTE_NAME(element, name=bare, space=space))


def _normal(text: str | None) -> str:
    return (text or "").replace("\r", "&#xD;")


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")


def _attribute(value: str) -> str:
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return value.replace("\t", "&#x9;").replace("\n", "&#xA;").replace("\r", "&#xD;")
