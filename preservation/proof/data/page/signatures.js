// Certificates, revocation lists and timestamp tokens: read, and their signatures verified by the browser.

class Broken extends Error {}
class Undecided extends Error {}

const SIGNED_DATA = '1.2.840.113549.1.7.2', TST_INFO = '1.2.840.113549.1.9.16.1.4';
const CONTENT_TYPE = '1.2.840.113549.1.9.3', MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const CERTIFICATE_V1 = '1.2.840.113549.1.9.16.2.12', CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const RSA_PSS = '1.2.840.113549.1.1.10';
// AlgorithmIdentifier of rsaEncryption.
const RSA_ENCRYPTION = Uint8Array.of(0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0);
const WEAK_DIGESTS = ['md5', 'sha1'];
const TOLERANCE = 60e3, DAY = 24 * 3600e3, LONGEST_PATH = 8;
const SIGNATURES = {
  '1.2.840.113549.1.1.1': ['rsa', ''], '1.2.840.113549.1.1.5': ['rsa', 'sha1'],
  '1.2.840.113549.1.1.11': ['rsa', 'sha256'], '1.2.840.113549.1.1.12': ['rsa', 'sha384'],
  '1.2.840.113549.1.1.13': ['rsa', 'sha512'], '1.2.840.113549.1.1.10': ['pss', ''],
  '1.2.840.10045.4.1': ['ecdsa', 'sha1'], '1.2.840.10045.4.3.2': ['ecdsa', 'sha256'],
  '1.2.840.10045.4.3.3': ['ecdsa', 'sha384'], '1.2.840.10045.4.3.4': ['ecdsa', 'sha512'],
};
const CURVES = {
  '1.2.840.10045.3.1.7': ['P-256', 32], '1.3.132.0.34': ['P-384', 48], '1.3.132.0.35': ['P-521', 66],
};

// --- signature values

function schemeOf(algorithm, stated) {
  const parts = algorithm.expect(SEQUENCE).children();
  const [kind, digest] = SIGNATURES[oidOf(parts[0])] || [];
  if (!kind) throw new UnknownAlgorithm(oidOf(parts[0]));
  if (kind !== 'pss') {
    if (!digest && !stated) throw new UnknownAlgorithm(oidOf(parts[0]));
    return { kind, digest: digest || stated };
  }
  const fields = {};
  for (const field of parts[1].children()) fields[field.tag & 0x1f] = field.inner();
  const hash = fields[0] ? digestName(algorithmOf(fields[0])) : 'sha1';
  const mask = fields[1] ? digestName(algorithmOf(fields[1].children()[1])) : 'sha1';
  if (mask !== hash) throw new UnknownAlgorithm('mgf1');
  return { kind, digest: hash, salt: fields[2] ? Number(numberOf(fields[2])) : 20 };
}

async function signatureFits(key, scheme, content, value) {
  const hash = BROWSER_DIGESTS[scheme.digest];
  if (!hash) throw new UnknownAlgorithm(scheme.digest);
  if (scheme.kind === 'ecdsa') {
    const [namedCurve, size] = CURVES[key.curve] || [];
    if (!namedCurve) throw new UnknownAlgorithm(key.curve || key.kind);
    const algorithm = { name: 'ECDSA', namedCurve, hash };
    return verifiedBy(algorithm, key, plainEcdsa(value, size), content);
  }
  if (!key.bits) throw new UnknownAlgorithm(key.kind);
  const name = scheme.kind === 'pss' ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
  return verifiedBy({ name, hash, saltLength: scheme.salt }, key, value, content);
}

async function verifiedBy(algorithm, key, value, content) {
  let imported;
  try {
    imported = await crypto.subtle.importKey('spki', key.der, algorithm, false, ['verify']);
  } catch (error) {
    throw new UnknownAlgorithm(algorithm.name);
  }
  return crypto.subtle.verify(algorithm, imported, value, content);
}

// r and s one after the other, as the browser wants them.
function plainEcdsa(value, size) {
  const plain = new Uint8Array(2 * size);
  const parts = parseDer(value).expect(SEQUENCE).children();
  if (parts.length !== 2) throw new BadDer('ECDSA');
  parts.forEach((part, place) => {
    let body = part.expect(INTEGER).body;
    while (body.length > 1 && body[0] === 0) body = body.subarray(1);
    if (body.length > size) throw new BadDer('ECDSA');
    plain.set(body, (place + 1) * size - body.length);
  });
  return plain;
}

function isWeak(key, scheme) {
  return WEAK_DIGESTS.includes(scheme.digest) || (scheme.kind !== 'ecdsa' && key.bits < 2048);
}

// --- certificates and revocation lists

function readKey(element) {
  const [algorithm, bits] = element.children();
  const parts = algorithm.children();
  const key = { der: element.whole, kind: oidOf(parts[0]), curve: '', bits: 0 };
  if (key.kind === RSA_PSS) key.der = sequenceOf([RSA_ENCRYPTION, bits.whole]);  // browsers know the key by this name
  if (key.kind === '1.2.840.10045.2.1' && parts[1].tag === OID) key.curve = oidOf(parts[1]);
  if (key.kind.startsWith('1.2.840.113549.1.1.')) {
    key.bits = numberOf(parseDer(bitsOf(bits)).children()[0]).toString(2).length;
  }
  return key;
}

function readCertificate(der) {
  const [tbs, algorithm, value] = parseDer(der).expect(SEQUENCE).children();
  const fields = tbs.children();
  if (fields[0].tag === 0xa0) fields.shift();
  const [serial, , issuer, validity, subject, key] = fields;
  const [from, until] = validity.children();
  const extensions = fields.find((field) => field.tag === 0xa3);
  return {
    der, tbs: tbs.whole, algorithm, value: bitsOf(value), serial: numberOf(serial),
    issuer: hex(issuer.whole), subject: hex(subject.whole), name: nameOf(subject),
    from: timeOf(from), until: timeOf(until), key: readKey(key),
    ...readExtensions(extensions ? extensions.inner().children() : []),
  };
}

function readExtensions(extensions) {
  const found = { ca: false, limit: null, usage: null, purposes: null, keyId: '', points: [], strange: false };
  for (const extension of extensions) {
    const parts = extension.children();
    const oid = oidOf(parts[0]);
    const critical = parts.length === 3 && parts[1].body[0] !== 0;
    const content = parseDer(parts.at(-1).expect(OCTETS).body);
    if (oid === '2.5.29.19') {
      const [ca, limit] = content.children();
      found.ca = ca !== undefined && ca.tag === 0x01 && ca.body[0] !== 0;
      found.limit = limit ? Number(numberOf(limit)) : null;
    } else if (oid === '2.5.29.15') {
      found.usage = content.expect(BITS).body[1] || 0;
    } else if (oid === '2.5.29.37') {
      found.purposes = content.children().map(oidOf);
    } else if (oid === '2.5.29.14') {
      found.keyId = hex(content.expect(OCTETS).body);
    } else if (oid === '2.5.29.31') {
      found.points = content.children().flatMap((point) => pointNames(point.children()[0]));
    } else if (critical && oid !== '2.5.29.32') {
      found.strange = true;
    }
  }
  return found;
}

// The full names of a distribution point ([0] of which the choice is [0]), encoded.
function pointNames(point) {
  if (!point || point.tag !== 0xa0 || point.children()[0].tag !== 0xa0) return [];
  return point.children()[0].children().map((name) => hex(name.whole));
}

function nameOf(name) {
  const parts = {};
  for (const group of name.children()) {
    for (const pair of group.children()) {
      const [kind, value] = pair.children();
      const wide = value.tag === 0x1e ? 'utf-16be' : 'utf-8';
      parts[oidOf(kind)] = new TextDecoder(wide).decode(value.body);
    }
  }
  return [parts['2.5.4.3'], parts['2.5.4.10']].filter(Boolean).join(', ') || Object.values(parts).join(', ');
}

function readRevocationList(der) {
  const [tbs, algorithm, value] = parseDer(der).expect(SEQUENCE).children();
  const fields = tbs.children();
  if (fields[0].tag === INTEGER) fields.shift();
  const [, issuer, issued, ...rest] = fields;
  const next = rest[0] && [0x17, 0x18].includes(rest[0].tag) ? timeOf(rest.shift()) : null;
  const list = rest[0] && rest[0].tag === SEQUENCE ? rest.shift() : null;
  const extensions = rest[0] && rest[0].tag === 0xa0 ? rest[0].inner().children() : [];
  const revoked = new Map();
  for (const entry of list ? list.children() : []) {
    const [serial, time] = entry.children();
    revoked.set(numberOf(serial), timeOf(time));
  }
  return {
    der, tbs: tbs.whole, algorithm, value: bitsOf(value), issuer: hex(issuer.whole), issued: timeOf(issued),
    until: next || new Date(timeOf(issued).getTime() + DAY), revoked,
    ...readScope(extensions),
  };
}

// Of which certificates a list speaks (RFC 5280, 5.2.5).
function readScope(extensions) {
  const scope = { partial: false, named: [], users: false, authorities: false };
  for (const extension of extensions) {
    const parts = extension.children();
    const oid = oidOf(parts[0]);
    if (oid !== '2.5.29.28') {
      scope.partial = scope.partial || oid === '2.5.29.27' || (parts.length === 3 && parts[1].body[0] !== 0);
      continue;
    }
    for (const field of parseDer(parts.at(-1).expect(OCTETS).body).children()) {
      if (field.tag === 0xa0) scope.named = pointNames(field);
      else if (field.tag === 0x81) scope.users = field.body[0] !== 0;
      else if (field.tag === 0x82) scope.authorities = field.body[0] !== 0;
      else if (field.tag === 0x83 || field.body[0] !== 0) scope.partial = true;
    }
  }
  return scope;
}

function speaksOf(list, certificate) {
  if (list.partial || (certificate.ca ? list.users : list.authorities)) return false;
  return !list.named.length || list.named.some((name) => certificate.points.includes(name));
}

// Certificates and revocation lists at hand; none is trusted for being here.
class Material {
  constructor(certificates = [], lists = []) {
    this.certificates = certificates;
    this.lists = lists;
  }

  add(der) {
    for (const [read, kept] of [[readCertificate, this.certificates], [readRevocationList, this.lists]]) {
      try {
        const found = read(der);
        if (!kept.some((one) => sameBytes(one.der, der))) kept.push(found);
        return found;
      } catch (error) { /* it is something else */ }
    }
    return null;
  }

  copy() { return new Material([...this.certificates], [...this.lists]); }
}

async function signedBy(issuer, signed) {
  try {
    return await signatureFits(issuer.key, schemeOf(signed.algorithm), signed.tbs, signed.value);
  } catch (error) {
    return false;
  }
}

function mayIssue(issuer, path) {
  const between = path.slice(1).filter((one) => one.subject !== one.issuer).length;
  return issuer.subject === path.at(-1).issuer && issuer.ca && (issuer.usage === null || issuer.usage & 0x04)
    && (issuer.limit === null || between <= issuer.limit);
}

// A path from a certificate to one of the roots (RFC 5280, 6.1); null when there is none.
async function findPath(leaf, material, roots) {
  let tries = 200;
  const climb = async (path) => {
    const top = path.at(-1);
    if (roots.some((root) => sameBytes(root.der, top.der))) return path;
    for (const issuer of path.length < LONGEST_PATH ? [...roots, ...material.certificates] : []) {
      if (path.includes(issuer) || !mayIssue(issuer, path) || (tries -= 1) < 0) continue;
      const found = await signedBy(issuer, top) && await climb([...path, issuer]);
      if (found) return found;
    }
    return null;
  };
  return climb([leaf]);
}

// Why a path cannot be relied on at a time; empty when it can.
async function pathProblem(path, stamped, at, material) {
  const below = path.length > 1 ? path.slice(0, -1) : path;
  const [leaf] = path;
  const signs = leaf.usage === null || leaf.usage & 0xc0;
  const purpose = leaf.purposes !== null && leaf.purposes.includes(TIME_STAMPING);
  if (!signs || !purpose || path.slice(0, -1).some((one) => one.strange)) return 'CHAIN_CONSTRAINTS_FAILURE';
  const said = [];
  for (const [place, one] of path.slice(0, -1).entries()) said.push(await revocation(one, path[place + 1], at, material));
  if (said.includes('REVOKED_NO_POE')) return said[0] === 'REVOKED_NO_POE' ? said[0] : 'REVOKED_CA_NO_POE';
  if (below.some((one) => one.from > stamped || at > one.until)) return 'OUT_OF_BOUNDS_NO_POE';
  const weak = path.slice(0, -1).some((one, place) => isWeak(path[place + 1].key, schemeOf(one.algorithm)));
  return weak ? 'CRYPTO_CONSTRAINTS_FAILURE' : said.reverse().find(Boolean) || '';
}

async function revocation(certificate, issuer, at, material) {
  let found = 'CERTIFICATE_CHAIN_GENERAL_FAILURE';
  if (issuer.usage !== null && !(issuer.usage & 0x02)) return found;
  for (const list of material.lists) {
    if (list.issuer !== issuer.subject || !speaksOf(list, certificate) || !await signedBy(issuer, list)) continue;
    const revoked = list.revoked.get(certificate.serial);
    if (revoked && revoked <= at) return 'REVOKED_NO_POE';
    const fresh = at - list.until <= TOLERANCE || at - list.issued <= TOLERANCE;
    if (list.issued <= certificate.until && (revoked || fresh)) found = '';
    else if (found) found = 'TRY_LATER';
  }
  return found;
}

// --- tokens

function readToken(der) {
  const [type, content] = parseDer(der).expect(SEQUENCE).children();
  if (oidOf(type) !== SIGNED_DATA) throw new BadDer('no signed data');
  const fields = content.inner().expect(SEQUENCE).children();
  const [kind, holder] = fields[2].children();
  if (oidOf(kind) !== TST_INFO) throw new BadDer('no timestamp');
  const info = holder.inner().expect(OCTETS).body;
  const parts = parseDer(info).expect(SEQUENCE).children();
  const [algorithm, imprint] = parts[2].children();
  const inside = (tag) => fields.slice(3).filter((one) => one.tag === tag).flatMap((one) => one.children());
  return {
    der, info, time: timeOf(parts[4]), algorithm: digestName(algorithmOf(algorithm)),
    imprint: imprint.expect(OCTETS).body, certificates: inside(0xa0), lists: inside(0xa1),
    signers: fields.at(-1).expect(SET).children(),
  };
}

// Judges a token at a time; returns what it is worth and whose it is.
async function judgeToken(token, at, trust) {
  const verdict = { outcome: 'PASSED', sub_indication: null, holds_until: null };
  try {
    verdict.holds_until = await judged(token, at, trust, verdict);
  } catch (error) {
    verdict.outcome = error instanceof Undecided || error instanceof UnknownAlgorithm ? 'INDETERMINATE' : 'FAILED';
    verdict.sub_indication = error instanceof UnknownAlgorithm ? 'CRYPTO_CONSTRAINTS_FAILURE'
      : error instanceof Broken || error instanceof Undecided ? error.message : 'FORMAT_FAILURE';
  }
  return verdict;
}

async function judged(token, at, trust, verdict) {
  const material = trust.material.copy();
  for (const one of [...token.certificates, ...token.lists]) material.add(one.whole);
  if (!token.signers.length) throw new Undecided('NO_SIGNING_CERTIFICATE_FOUND');
  const leaf = await verifiedSigner(token, token.signers[0], material);
  verdict.authority = leaf.name;
  const roots = trust.roots.length ? trust.roots : material.certificates.filter((one) => one.subject === one.issuer);
  const path = await findPath(leaf, material, roots);
  if (!path) throw new Undecided('NO_CERTIFICATE_CHAIN_FOUND');
  verdict.authority_root = path.at(-1).name;
  verdict.authority_root_sha256 = hex(await digestOf('sha256', path.at(-1).der));
  verdict.authority_trusted = trust.roots.length > 0;
  const problem = await pathProblem(path, token.time, at, material);
  if (problem) throw new Undecided(problem);
  if (!trust.roots.length) throw new Undecided('NO_CERTIFICATE_CHAIN_FOUND');
  return new Date(Math.min(...(path.length > 1 ? path.slice(0, -1) : path).map((one) => one.until.getTime())));
}

// The certificate whose key made a token's signature, which holds and names that certificate (RFC 5652, 5.6).
async function verifiedSigner(token, signer, material) {
  const [, sid, digestAlgorithm, ...rest] = signer.expect(SEQUENCE).children();
  const digest = digestName(algorithmOf(digestAlgorithm));
  if (rest[0].tag !== 0xa0) throw new Broken('SIG_CRYPTO_FAILURE');
  const attributes = rest[0].children().map((one) => one.children());
  const signed = only(attributes, MESSAGE_DIGEST).expect(OCTETS).body;
  const fitting = sameBytes(signed, await digestOf(digest, token.info));
  if (!fitting || oidOf(only(attributes, CONTENT_TYPE)) !== TST_INFO) throw new Broken('SIG_CRYPTO_FAILURE');
  const certificate = await certificateOf(sid, attributes, material);
  const scheme = schemeOf(rest[1], digest);
  const set = rest[0].whole.slice();
  set[0] = SET;
  const good = scheme.digest === digest && await signatureFits(certificate.key, scheme, set, rest[2].body);
  if (!good) throw new Broken('SIG_CRYPTO_FAILURE');
  if (isWeak(certificate.key, scheme)) throw new Undecided('CRYPTO_CONSTRAINTS_FAILURE');
  return certificate;
}

function only(attributes, oid) {
  const found = attributes.filter(([type]) => oidOf(type) === oid).flatMap(([, values]) => values.children());
  if (found.length !== 1) throw new Broken('SIG_CRYPTO_FAILURE');
  return found[0];
}

async function certificateOf(sid, attributes, material) {
  const named = material.certificates.filter((one) => {
    if (sid.tag !== SEQUENCE) return one.keyId !== '' && one.keyId === hex(sid.body);
    const [issuer, serial] = sid.children();
    return one.issuer === hex(issuer.whole) && one.serial === numberOf(serial);
  });
  if (!named.length) throw new Undecided('NO_SIGNING_CERTIFICATE_FOUND');
  const references = [];
  for (const [type, values] of attributes) {
    const version = [CERTIFICATE_V1, CERTIFICATE_V2].indexOf(oidOf(type)) + 1;
    if (version) references.push(referenceOf(values.children()[0], version));
  }
  for (const certificate of named) {
    const fits = references.map(async ([name, value]) => sameBytes(await digestOf(name, certificate.der), value));
    if ((await Promise.all(fits)).every(Boolean)) return certificate;
  }
  throw new Broken('SIG_CRYPTO_FAILURE');
}

// Digest algorithm and value by which a signed attribute names the certificate (RFC 5035, 4 and 5.4.1).
function referenceOf(value, version) {
  const parts = value.children()[0].children()[0].children();
  if (version === 1) return ['sha1', parts[0].expect(OCTETS).body];
  const stated = parts[0].tag === SEQUENCE ? digestName(algorithmOf(parts.shift())) : 'sha256';
  return [stated, parts[0].expect(OCTETS).body];
}
