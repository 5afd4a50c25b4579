// A small reader of DER (X.690): definite lengths, one-byte tags. Nothing is copied until it is asked for.

class BadDer extends Error {}

class Element {
  constructor(bytes, start, end, bodyStart) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.bodyStart = bodyStart;
  }

  get tag() { return this.bytes[this.start]; }
  get whole() { return this.bytes.subarray(this.start, this.end); }
  get body() { return this.bytes.subarray(this.bodyStart, this.end); }

  children() {
    if (!(this.tag & 0x20)) throw new BadDer('not constructed');
    const found = [];
    for (let place = this.bodyStart; place < this.end; place = found.at(-1).end) {
      found.push(elementAt(this.bytes, place, this.end));
    }
    return found;
  }

  // The single element inside, for explicit tags.
  inner() {
    const found = this.children();
    if (found.length !== 1) throw new BadDer('one element expected');
    return found[0];
  }

  expect(tag) {
    if (this.tag !== tag) throw new BadDer(`tag ${this.tag} instead of ${tag}`);
    return this;
  }
}

function elementAt(bytes, start, limit) {
  if (start + 2 > limit) throw new BadDer('truncated');
  if ((bytes[start] & 0x1f) === 0x1f) throw new BadDer('long tag');
  let length = bytes[start + 1];
  let place = start + 2;
  if (length >= 0x80) {
    const size = length & 0x7f;
    if (size === 0 || size > 4) throw new BadDer('length');
    if (place + size > limit) throw new BadDer('truncated');
    length = 0;
    for (let count = 0; count < size; count += 1) length = length * 256 + bytes[place + count];
    place += size;
  }
  if (place + length > limit) throw new BadDer('truncated');
  return new Element(bytes, start, place + length, place);
}

// The one element that a byte string consists of.
function parseDer(bytes) {
  const found = elementAt(bytes, 0, bytes.length);
  if (found.end !== bytes.length) throw new BadDer('bytes left over');
  return found;
}

const SEQUENCE = 0x30, SET = 0x31, INTEGER = 0x02, OCTETS = 0x04, BITS = 0x03, OID = 0x06;

function oidOf(element) {
  const body = element.expect(OID).body;
  const parts = [];
  let value = 0;
  for (const byte of body) {
    value = value * 128 + (byte & 0x7f);
    if (!(byte & 0x80)) { parts.push(value); value = 0; }
  }
  const first = Math.min(2, Math.floor(parts[0] / 40));
  return [first, parts[0] - 40 * first, ...parts.slice(1)].join('.');
}

// The object identifier of an AlgorithmIdentifier.
function algorithmOf(element) { return oidOf(element.expect(SEQUENCE).children()[0]); }

function numberOf(element) {
  const body = element.expect(INTEGER).body;
  let value = 0n;
  for (const byte of body) value = value * 256n + BigInt(byte);
  return body.length && body[0] & 0x80 ? value - (1n << BigInt(8 * body.length)) : value;
}

// The bytes of a bit string of whole bytes.
function bitsOf(element) {
  const body = element.expect(BITS).body;
  if (body.length < 1 || body[0] !== 0) throw new BadDer('bits');
  return body.subarray(1);
}

function timeOf(element) {
  const text = String.fromCharCode(...element.body);
  const parts = element.tag === 0x17
    ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)()Z$/.exec(text)
    : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(text);
  if (!parts || ![0x17, 0x18].includes(element.tag)) throw new BadDer('time');
  let year = Number(parts[1]);
  if (element.tag === 0x17) year += year < 50 ? 2000 : 1900;
  const [month, day, hour, minute, second] = parts.slice(2, 7).map(Number);
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  moment.setUTCHours(hour, minute, second, Math.floor(Number(parts[7] || 0) * 1000));
  if (moment.getUTCMonth() !== month - 1 || moment.getUTCDate() !== day) throw new BadDer('time');
  return moment;
}

function sameBytes(one, other) {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

function hex(bytes) { return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''); }

function joined(pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let place = 0;
  for (const piece of pieces) { whole.set(piece, place); place += piece.length; }
  return whole;
}

// The DER sequence of encoded elements.
function sequenceOf(pieces) {
  const body = joined(pieces);
  const length = [];
  for (let rest = body.length; rest; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  const head = body.length < 0x80 ? [SEQUENCE, body.length] : [SEQUENCE, 0x80 | length.length, ...length];
  return joined([Uint8Array.from(head), body]);
}
