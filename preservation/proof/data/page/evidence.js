// Evidence records (RFC 4998): read, and verified against files. The same steps and findings as the full program.

class Unreadable extends Error {}

const MAX_TIMESTAMPS = 1000, ORDER_TOLERANCE = 1000;
const BREAKING = ['renewal-not-covered', 'root-mismatch', 'not-chained', 'order', 'mixed-algorithms',
  'imprint-algorithm', 'undeclared-algorithm'].map((code) => `evidence.${code}`);

function readRecord(content) {
  try {
    return decodedRecord(content);
  } catch (error) {
    if (error instanceof UnknownAlgorithm) throw error;
    throw new Unreadable(error.message);
  }
}

function decodedRecord(content) {
  const fields = parseDer(content).expect(SEQUENCE).children();
  while (fields.length > 3 && [0xa0, 0xa1].includes(fields[2].tag)) fields.splice(2, 1);
  if (fields.length !== 3 || numberOf(fields[0]) !== 1n) throw new BadDer('version');
  const declared = fields[1].expect(SEQUENCE).children().map((one) => digestName(algorithmOf(one)));
  const raw = fields[2].expect(SEQUENCE).children();
  const chains = raw.map((chain, place) => ({
    timestamps: chain.expect(SEQUENCE).children().map(readTimestamp),
    before: place ? sequenceOf(raw.slice(0, place).map((one) => one.whole)) : null,
  }));
  const count = chains.reduce((sum, chain) => sum + chain.timestamps.length, 0);
  if (!count || count > MAX_TIMESTAMPS || chains.some((chain) => !chain.timestamps.length)) {
    throw new BadDer('number of timestamps');
  }
  for (const chain of chains) chain.algorithm = chain.timestamps[0].algorithm;
  return { declared, chains, timestamps: chains.flatMap((chain) => chain.timestamps) };
}

function readTimestamp(element) {
  const fields = element.expect(SEQUENCE).children();
  const token = readToken(fields.at(-1).whole);
  const tags = fields.slice(0, -1).map((one) => one.tag);
  if (!['', 'a0', 'a2', 'a0a2', 'a1', 'a0a1', 'a1a2', 'a0a1a2'].includes(hex(tags))) throw new BadDer('fields');
  const field = (tag) => fields[tags.indexOf(tag)];
  const stated = field(0xa0), tree = field(0xa2);
  const path = tree ? tree.children().map((list) => list.children().map((one) => one.expect(OCTETS).body)) : [];
  if (path.length && !path[0].length) throw new BadDer('an empty list of hash values');
  return { token, path, algorithm: stated ? digestName(oidOf(stated.children()[0])) : token.algorithm };
}

// --- hash trees (4.2, 4.3)

function ascending(one, other) {
  for (let place = 0; place < Math.min(one.length, other.length); place += 1) {
    if (one[place] !== other[place]) return one[place] - other[place];
  }
  return one.length - other.length;
}

function nodeOf(algorithm, values) { return digestOf(algorithm, joined([...values].sort(ascending))); }

// The root a path leads to, as one of the readings in use has it.
async function rootOf(algorithm, path, { rehash, distinct }) {
  const values = (list) => (distinct ? list.filter((one, place) => list.findIndex((other) => sameBytes(one, other)) === place) : list);
  const first = values(path[0]);
  let value = first.length === 1 && !rehash ? first[0] : await nodeOf(algorithm, first);
  for (const siblings of path.slice(1)) value = await nodeOf(algorithm, values([...siblings, value]));
  return value;
}

async function leadsTo(stamp) {
  for (const rehash of [false, true]) {
    for (const distinct of [false, true]) {
      if (distinct && !hasRepeats(stamp.path)) continue;
      if (sameBytes(await rootOf(stamp.algorithm, stamp.path, { rehash, distinct }), stamp.token.imprint)) return true;
    }
  }
  return false;
}

function hasRepeats(path) { return path.some((list) => new Set(list.map(hex)).size < list.length); }

// --- verification (5.3)

// objects: [{name, digest(algorithm)}]; trust: {material, roots}; whole: they are all that was sealed together.
async function verifyRecord(content, objects, at, trust, whole) {
  let record;
  try {
    record = readRecord(content);
  } catch (error) {
    const known = error instanceof Unreadable;
    const finding = known ? ['evidence.unreadable', { reason: error.message }]
      : ['evidence.unknown-algorithm', { algorithm: error.message }];
    return {
      kind: '', outcome: known ? 'FAILED' : 'INDETERMINATE', proof_time: null, holds_until: null, timestamps: [],
      sub_indication: known ? 'FORMAT_FAILURE' : 'POLICY_PROCESSING_ERROR',
      objects: objects.map((one) => ({ path: one.name, covered: false })),
      findings: [{ code: finding[0], location: '', values: finding[1] }],
    };
  }
  return new Verification(record, objects, at, trust, whole || objects.length > 1).report();
}

class Verification {
  constructor(record, objects, at, trust, group) {
    Object.assign(this, { record, objects, at, trust, group });
    this.findings = [];
  }

  say(code, values = {}, location = '') { this.findings.push({ code: `evidence.${code}`, location, values }); }

  async report() {
    const covered = await this.coveredBy(this.record.chains[0], null);
    const before = this.findings.length;
    await this.structure(covered);
    const broken = this.findings.slice(before).some((one) => BREAKING.includes(one.code));
    const stamps = await this.tokens();
    const [outcome, reason] = this.outcome(covered, broken, stamps);
    if (!this.objects.length) this.say('no-data');
    const sound = !broken && stamps.every((one) => one.outcome !== 'FAILED');
    return {
      kind: 'RFC 4998', outcome, sub_indication: reason,
      proof_time: sound ? stamps[0].time : null,
      holds_until: outcome === 'PASSED' ? stamps.at(-1).holds_until : null,
      objects: this.objects.map((one) => ({ path: one.name, covered: covered.has(one.name) })),
      timestamps: stamps, findings: this.findings,
    };
  }

  // The names of the objects a chain's first timestamp covers.
  async coveredBy(chain, earlier) {
    const [stamp] = chain.timestamps;
    const values = new Set((stamp.path.length ? stamp.path[0] : [stamp.token.imprint]).map(hex));
    const found = new Set(), explained = new Set();
    for (const item of this.objects) {
      const hits = (await this.leaves(item, chain)).filter((value) => values.has(value));
      for (const hit of hits) explained.add(hit);
      if (hits.length) found.add(item.name);
      else if (!earlier) this.say('not-covered', {}, item.name);
      else if (earlier.has(item.name)) {
        this.say('renewal-not-covered', { time: stamp.token.time.toISOString() }, item.name);
      }
    }
    const count = [...values].filter((value) => !explained.has(value)).length;
    if (stamp.path.length && found.size && count) this.say(this.group ? 'group-mismatch' : 'others-covered', { count });
    return found;
  }

  async leaves(item, chain) {
    const digest = await item.digest(chain.algorithm);
    if (!chain.before) return [hex(digest)];
    const earlier = await digestOf(chain.algorithm, chain.before);
    // 5.2 puts the document's digest first; erratum 7411 wants both sorted. Both are in use.
    const both = [joined([digest, earlier]), joined([digest, earlier].sort(ascending))];
    return Promise.all(both.map(async (one) => hex(await digestOf(chain.algorithm, one))));
  }

  async structure(covered) {
    const { chains, declared, timestamps } = this.record;
    const undeclared = new Set(chains.map((chain) => chain.algorithm).filter((name) => !declared.includes(name)));
    for (const algorithm of [...undeclared].sort()) this.say('undeclared-algorithm', { algorithm });
    let number = 0;
    for (const [place, chain] of chains.entries()) {
      if (place) {
        const renewed = await this.coveredBy(chain, new Set(covered));
        for (const name of covered) if (!renewed.has(name)) covered.delete(name);
      }
      const mixed = new Set(chain.timestamps.map((stamp) => stamp.algorithm));
      if (mixed.size > 1) this.say('mixed-algorithms', { algorithms: [...mixed].sort().join(', ') });
      for (const [position, stamp] of chain.timestamps.entries()) {
        number += 1;
        await this.timestamp(stamp, position ? chain.timestamps[position - 1] : null, number);
      }
    }
    timestamps.forEach((stamp, place) => {
      if (place && timestamps[place - 1].token.time - stamp.token.time > ORDER_TOLERANCE) {
        this.say('order', { number: place + 1, time: stamp.token.time.toISOString() });
      }
    });
  }

  async timestamp(stamp, previous, number) {
    const { token, algorithm, path } = stamp;
    const time = token.time.toISOString();
    if (token.algorithm !== algorithm) this.say('imprint-algorithm', { number, imprint: token.algorithm, algorithm });
    if (path.length && !await leadsTo(stamp)) this.say('root-mismatch', { number, time });
    if (!previous) return;
    const value = await digestOf(algorithm, previous.token.der);
    const list = path.length ? path[0] : [token.imprint];
    if (!list.some((one) => sameBytes(one, value))) this.say('not-chained', { number, time });
  }

  // Every token is judged at the time of the next one, the last one at the time of the verification.
  async tokens() {
    const all = this.record.timestamps;
    const places = this.record.chains.flatMap((chain, place) => chain.timestamps.map((_, at) => [place + 1, at + 1]));
    const stamps = [];
    for (const [place, stamp] of all.entries()) {
      const at = place + 1 < all.length ? all[place + 1].token.time : this.at;
      const verdict = await judgeToken(stamp.token, at, this.trust);
      if (verdict.outcome !== 'PASSED') {
        const code = verdict.outcome === 'FAILED' ? 'timestamp-failed' : 'timestamp-undecided';
        const time = stamp.token.time.toISOString();
        this.say(code, { number: place + 1, time, at: at.toISOString(), reason: verdict.sub_indication });
      }
      const [chain, number] = places[place];
      stamps.push({
        chain, number, time: stamp.token.time, algorithm: stamp.algorithm, root: hex(stamp.token.imprint),
        verified_at: at, ...verdict,
      });
    }
    return stamps;
  }

  outcome(covered, broken, stamps) {
    if (broken) return ['FAILED', 'HASH_FAILURE'];
    const failed = stamps.find((one) => one.outcome === 'FAILED');
    if (failed) return ['FAILED', failed.sub_indication];
    const mismatch = this.findings.some((one) => one.code === 'evidence.group-mismatch');
    if (mismatch || !this.objects.length || this.objects.some((one) => !covered.has(one.name))) {
      return ['INDETERMINATE', 'SIGNED_DATA_NOT_FOUND'];
    }
    const open = stamps.find((one) => one.outcome === 'INDETERMINATE');
    return open ? ['INDETERMINATE', open.sub_indication] : ['PASSED', null];
  }
}
