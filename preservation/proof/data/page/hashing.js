// Digests by name: SHA-1 and SHA-2 from the browser, SHA-224 and SHA-3 (FIPS 180-4, FIPS 202) written here.

class UnknownAlgorithm extends Error {}

const BROWSER_DIGESTS = { sha1: 'SHA-1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' };
const SHA3_SIZES = { 'sha3-224': 28, 'sha3-256': 32, 'sha3-384': 48, 'sha3-512': 64 };
const DIGEST_OIDS = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256', '2.16.840.1.101.3.4.2.2': 'sha384', '2.16.840.1.101.3.4.2.3': 'sha512',
  '2.16.840.1.101.3.4.2.4': 'sha224', '2.16.840.1.101.3.4.2.7': 'sha3-224', '2.16.840.1.101.3.4.2.8': 'sha3-256',
  '2.16.840.1.101.3.4.2.9': 'sha3-384', '2.16.840.1.101.3.4.2.10': 'sha3-512',
};

function digestName(oid) {
  if (!DIGEST_OIDS[oid]) throw new UnknownAlgorithm(oid);
  return DIGEST_OIDS[oid];
}

async function digestOf(name, bytes) {
  if (BROWSER_DIGESTS[name]) return new Uint8Array(await crypto.subtle.digest(BROWSER_DIGESTS[name], bytes));
  if (SHA3_SIZES[name]) return sha3(bytes, SHA3_SIZES[name]);
  if (name === 'sha224') return sha224(bytes);
  throw new UnknownAlgorithm(name);
}

// --- SHA-224 (FIPS 180-4, 5.3.2, 6.2, 6.3)

const PRIMES = (() => {
  const found = [];
  for (let number = 2; found.length < 64; number += 1) {
    if (found.every((prime) => number % prime)) found.push(number);
  }
  return found;
})();
const fraction = (root) => Math.floor((root - Math.floor(root)) * 2 ** 32);
const SHA256_K = PRIMES.map((prime) => fraction(Math.cbrt(prime)));
const SHA224_START = [
  0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4,
];

function sha224(bytes) {
  const blocks = Math.floor((bytes.length + 8) / 64) + 1;
  const padded = new Uint8Array(blocks * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(padded.length - 4, (bytes.length << 3) >>> 0);
  const state = Uint32Array.from(SHA224_START);
  const w = new Uint32Array(64);
  for (let block = 0; block < padded.length; block += 64) sha256Block(state, w, view, block);
  const out = new DataView(new ArrayBuffer(28));
  for (let place = 0; place < 7; place += 1) out.setUint32(place * 4, state[place]);
  return new Uint8Array(out.buffer);
}

function sha256Block(state, w, view, block) {
  const turn = (value, by) => (value >>> by) | (value << (32 - by));
  for (let t = 0; t < 16; t += 1) w[t] = view.getUint32(block + t * 4);
  for (let t = 16; t < 64; t += 1) {
    const low = turn(w[t - 15], 7) ^ turn(w[t - 15], 18) ^ (w[t - 15] >>> 3);
    const high = turn(w[t - 2], 17) ^ turn(w[t - 2], 19) ^ (w[t - 2] >>> 10);
    w[t] = (w[t - 16] + low + w[t - 7] + high) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t += 1) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + SHA256_K[t] + w[t]) | 0;
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((value, place) => { state[place] += value; });
}

// --- SHA-3 (FIPS 202): lanes of 64 bits as pairs of 32

const KECCAK_TURNS = [];
const KECCAK_TARGETS = [];
const KECCAK_ROUNDS = [];
(() => {
  let x = 1, y = 0;
  for (let t = 0; t < 24; t += 1) {
    KECCAK_TURNS.push(((t + 1) * (t + 2) / 2) % 64);
    [x, y] = [y, (2 * x + 3 * y) % 5];
    KECCAK_TARGETS.push(x + 5 * y);
  }
  let register = 1;
  for (let round = 0; round < 24; round += 1) {
    const constant = [0, 0];
    for (let j = 0; j < 7; j += 1) {
      const bit = 2 ** j - 1;
      if (register & 1) constant[bit >> 5] ^= 1 << (bit & 31);
      register = (register << 1) ^ (register >> 7 ? 0x171 : 0);
    }
    KECCAK_ROUNDS.push(constant);
  }
})();

function keccak(low, high) {
  const c = new Int32Array(10);
  for (let round = 0; round < 24; round += 1) {
    for (let x = 0; x < 5; x += 1) {
      c[x] = low[x] ^ low[x + 5] ^ low[x + 10] ^ low[x + 15] ^ low[x + 20];
      c[x + 5] = high[x] ^ high[x + 5] ^ high[x + 10] ^ high[x + 15] ^ high[x + 20];
    }
    for (let x = 0; x < 5; x += 1) {
      const before = (x + 4) % 5, after = (x + 1) % 5;
      const dl = c[before] ^ ((c[after] << 1) | (c[after + 5] >>> 31));
      const dh = c[before + 5] ^ ((c[after + 5] << 1) | (c[after] >>> 31));
      for (let y = 0; y < 25; y += 5) { low[x + y] ^= dl; high[x + y] ^= dh; }
    }
    keccakTurn(low, high);
    keccakMix(low);
    keccakMix(high);
    low[0] ^= KECCAK_ROUNDS[round][0];
    high[0] ^= KECCAK_ROUNDS[round][1];
  }
}

// Chi: each lane with its two neighbours.
function keccakMix(lanes) {
  for (let y = 0; y < 25; y += 5) {
    const a = lanes[y], b = lanes[y + 1], c = lanes[y + 2], d = lanes[y + 3], e = lanes[y + 4];
    lanes[y] = a ^ (~b & c);
    lanes[y + 1] = b ^ (~c & d);
    lanes[y + 2] = c ^ (~d & e);
    lanes[y + 3] = d ^ (~e & a);
    lanes[y + 4] = e ^ (~a & b);
  }
}

// Rho and pi: each lane turns and moves on.
function keccakTurn(low, high) {
  let l = low[1], h = high[1];
  for (let t = 0; t < 24; t += 1) {
    const target = KECCAK_TARGETS[t], turns = KECCAK_TURNS[t], by = turns & 31;
    const one = turns < 32 ? l : h, other = turns < 32 ? h : l;
    l = low[target];
    h = high[target];
    low[target] = by ? (one << by) | (other >>> (32 - by)) : one;
    high[target] = by ? (other << by) | (one >>> (32 - by)) : other;
  }
}

function sha3(bytes, size) {
  const rate = 200 - 2 * size;
  const padded = new Uint8Array((Math.floor(bytes.length / rate) + 1) * rate);
  padded.set(bytes);
  padded[bytes.length] ^= 0x06;
  padded[padded.length - 1] ^= 0x80;
  const view = new DataView(padded.buffer);
  const low = new Int32Array(25), high = new Int32Array(25);
  for (let block = 0; block < padded.length; block += rate) {
    for (let lane = 0; lane < rate / 8; lane += 1) {
      low[lane] ^= view.getInt32(block + lane * 8, true);
      high[lane] ^= view.getInt32(block + lane * 8 + 4, true);
    }
    keccak(low, high);
  }
  const out = new DataView(new ArrayBuffer(64));
  for (let lane = 0; lane < 8; lane += 1) {
    out.setInt32(lane * 8, low[lane], true);
    out.setInt32(lane * 8 + 4, high[lane], true);
  }
  return new Uint8Array(out.buffer).slice(0, size);
}
