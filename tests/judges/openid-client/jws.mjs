// Verifies the core of JSON signatures with the `jose` package: value, algorithm against key, `crit` and `b64`.
//
// Usage: node jws.mjs LIST, a JSON list of {name, key (SubjectPublicKeyInfo, PEM), alg, file, content: [files],
// contributes: whether the octets of content are what is signed}. Prints "ok NAME" or "no NAME: why" a file.
import { readFileSync } from "node:fs";
import { createPublicKey } from "node:crypto";
import { compactVerify, flattenedVerify, generalVerify } from "jose";

// The names of TS 119 182-1 that a `crit` lists; `jose` itself knows `b64`.
const options = (alg) => ({ algorithms: [alg], crit: { sigD: true } });
let failed = 0;
for (const entry of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  try {
    const text = readFileSync(entry.file, "utf8");
    const key = createPublicKey(entry.key);
    const octets = entry.contributes ? Buffer.concat(entry.content.map((file) => readFileSync(file))) : Buffer.alloc(0);
    if (text.startsWith("{")) {
      const jws = JSON.parse(text);
      const payload = jws.payload ?? octets;
      const verify = jws.signatures ? generalVerify : flattenedVerify;
      await verify({ ...jws, payload }, key, options(entry.alg));
    } else {
      const [protectedHeader, payload, signature] = text.split(".");
      if (payload) await compactVerify(text, key, options(entry.alg));
      else await flattenedVerify({ protected: protectedHeader, payload: octets, signature }, key, options(entry.alg));
    }
    console.log(`ok ${entry.name}`);
  } catch (error) {
    failed = 1;
    console.log(`no ${entry.name}: ${error.code ?? ""} ${error.message}`);
  }
}
process.exit(failed);
