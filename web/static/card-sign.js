// @ts-check
// Signs with the card on this person's own computer: certificate, digests, card, values, on. A list is signed with one
// PIN where the extension can, otherwise one by one. Each value goes to the service as soon as the card made it: whatever
// happens afterwards, that document is signed.

const BEAT_MS = 5000;

const box = document.querySelector('[data-card-sign]');
if (box instanceof HTMLElement) begin(box);

/** @typedef {{ id: string, title: string, hash: string, hashFunction: string }} ToSign */

/** @param {HTMLElement} box */
async function begin(box) {
  /** @type {[typeof import('./web-eid.js'), typeof import('./card-page.js')]} */
  const [card, { CardPage, goOn }] = await Promise.all([import(box.dataset.library ?? ''), import(box.dataset.page ?? '')]);
  const page = new CardPage(box, card);
  const base = box.dataset.base ?? '';
  const only = box.dataset.only ? { only: JSON.parse(box.dataset.only) } : {};
  const options = { lang: document.documentElement.lang };

  page.offer(async () => {
    const versions = await card.status();
    page.show('pin');
    const { certificate } = await card.certificate(options);
    page.show('checking');
    /** @type {{ documents: ToSign[] }} */
    const { documents } = await page.post(`${base}/web-eid/certificate`, { certificate, ...only });
    const beat = setInterval(() => page.post(`${base}/web-eid/alive`, only).catch(() => {}), BEAT_MS);
    /** @type {Promise<void>[]} */
    const sent = [];
    let kept = 0;
    /** @param {number} index @param {{ signature: string }} value */
    const send = (index, value) => {
      const address = `/sign/${documents[index].id}/web-eid/signature`;
      const done = page.post(address, { signature: value.signature }).then(() => {
        kept += 1;
        count(box, kept);
      });
      // Whoever waits for it hears what went wrong; nobody else needs to.
      done.catch(() => {});
      sent.push(done);
      return done;
    };
    try {
      page.show('pin');
      count(box, 0, documents.length);
      if (documents.length > 1 && card.signsLists(versions)) {
        await card.signList(certificate, documents[0].hashFunction, documents, {
          ...options,
          signed: (index, value) => {
            page.show('signing');
            send(index, value);
          },
        });
      } else {
        for (const [index, document] of documents.entries()) {
          await send(index, await card.sign(certificate, document.hash, document.hashFunction, options));
        }
      }
      await Promise.all(sent);
    } catch (error) {
      await Promise.allSettled(sent);
      await page.post(`${base}/web-eid/failure`, { code: page.reason(error), ...only }).catch(() => {});
      // What was signed stands, and the next page says what does not.
      if (kept === 0) throw error;
    } finally {
      clearInterval(beat);
    }
    goOn(`${base}/progress`);
  });
}

/** @param {HTMLElement} box @param {number} signed @param {number} [total] */
function count(box, signed, total) {
  const line = box.querySelector('[data-progress]');
  const bar = line?.querySelector('progress');
  if (!(line instanceof HTMLElement) || !bar) return;
  if (total !== undefined) {
    line.hidden = total < 2;
    bar.max = total;
    const figure = line.querySelector('[data-total]');
    if (figure) figure.textContent = String(total);
  }
  bar.value = signed;
  const figure = line.querySelector('[data-signed]');
  if (figure) figure.textContent = String(signed);
}
