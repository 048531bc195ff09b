// @ts-check
// Signs with the card on this person's own computer: certificate, digests, card, values, on. A list is signed with one
// PIN where the extension can, otherwise one by one. Each value goes to the service as soon as the card made it: whatever
// happens afterwards, that document is signed.

const BEAT_MS = 5000;

const box = document.querySelector('[data-card-sign]');
if (box instanceof HTMLElement) begin(box);

/** @typedef {{ id: string, attempt: string, title: string, hash: string, hashFunction: string }} ToSign */

/** @param {HTMLElement} box */
async function begin(box) {
  /** @type {[typeof import('./web-eid.js'), typeof import('./card-page.js')]} */
  const [card, { CardPage, Refused, goOn }] = await Promise.all([import(box.dataset.library ?? ''), import(box.dataset.page ?? '')]);
  const page = new CardPage(box, card);
  const base = box.dataset.base ?? '';
  const seen = JSON.parse(box.dataset.seen ?? '{}');
  const options = { lang: document.documentElement.lang };

  // Where the program makes one signature a PIN, all of them can be signed with one.
  const together = document.querySelector('[data-together][hidden]');
  if (together instanceof HTMLElement) {
    page.status().then(
      (versions) => {
        together.hidden = card.signsLists(versions);
      },
      () => {},
    );
  }

  page.offer(async () => {
    const versions = await page.status();
    page.show('pin');
    const { certificate } = await card.certificate(options);
    page.show('checking');
    /** @type {{ documents: ToSign[], onePin: boolean, tries?: Record<string, string> }} */
    const offered = await page.post(`${base}/web-eid/certificate`, { certificate, seen }).catch((error) => {
      // Each document's line on the next page says what became of it.
      if (error instanceof Refused && error.code === 'list_changed') goOn(`${base}/progress`);
      throw error;
    });
    const { documents, onePin } = offered;
    /** Where the value of a document goes; one value for all of them where they are signed together. @param {string} id */
    const place = (id) => (offered.tries ? `${base}/web-eid/signature` : `/sign/${id}/web-eid/signature`);
    /** The try of each document whose value is not kept yet. @type {Record<string, string>} */
    let tries = offered.tries ?? Object.fromEntries(documents.map(({ id, attempt }) => [id, attempt]));
    const beat = setInterval(() => page.post(`${base}/web-eid/alive`, { tries }).catch(() => {}), BEAT_MS);
    /** @param {string} code */
    const giveUp = (code) => page.keep(`${base}/web-eid/failure`, { code, tries }).catch(() => {});
    // Whoever leaves the page leaves what the card has not signed.
    const leave = () => void giveUp('pin_cancelled');
    window.addEventListener('pagehide', leave);
    /** @type {Promise<void>[]} */
    const sent = [];
    let kept = 0;
    /** @param {number} index @param {{ signature: string }} value */
    const send = (index, value) => {
      const { id, attempt } = documents[index];
      const done = page.keep(place(id), { attempt, signature: value.signature }).then(() => {
        if (offered.tries) tries = {};
        else delete tries[id];
        kept += 1;
        count(box, kept);
      });
      // Whoever waits for it hears what went wrong; nobody else needs to.
      done.catch(() => {});
      sent.push(done);
      return done;
    };
    /** @type {unknown} */
    let problem;
    try {
      page.show('pin');
      showPrints(box, documents);
      count(box, 0, documents.length);
      if (documents.length > 1 && onePin && card.signsLists(versions)) {
        await card.signList(certificate, documents[0].hashFunction, documents, {
          ...options,
          signed: (index, value) => {
            page.show('signing');
            send(index, value);
          },
        });
      } else {
        for (const [index, document] of documents.entries()) {
          try {
            await send(index, await card.sign(certificate, document.hash, document.hashFunction, options));
          } catch (error) {
            // What the service refuses of one document says nothing about the next.
            if (!(error instanceof Refused)) throw error;
            problem = error;
          }
        }
      }
    } catch (error) {
      problem = error;
    } finally {
      clearInterval(beat);
      window.removeEventListener('pagehide', leave);
    }
    const ends = await Promise.allSettled(sent);
    problem ??= ends.find((end) => end.status === 'rejected')?.reason;
    if (problem !== undefined) await giveUp(page.reason(problem));
    // What was signed stands, and the next page says what does not.
    if (problem !== undefined && kept === 0) throw problem;
    goOn(`${base}/progress`);
  });
}

/**
 * What the windows of the card's program show of each document: the first eight octets of what is signed.
 * @param {HTMLElement} box @param {ToSign[]} documents
 */
function showPrints(box, documents) {
  const place = box.querySelector('[data-prints]');
  const list = place?.querySelector('ul');
  if (!(place instanceof HTMLElement) || !list) return;
  list.replaceChildren(
    ...documents.map(({ title, hash }) => {
      const octets = Array.from(atob(hash).slice(0, 8), (letter) => letter.charCodeAt(0).toString(16).padStart(2, '0'));
      const print = document.createElement('code');
      print.textContent = (octets.join('').toUpperCase().match(/.{4}/g) ?? []).join(' ');
      const item = document.createElement('li');
      item.append(title, document.createElement('br'), print);
      return item;
    }),
  );
  place.hidden = false;
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
