// @ts-check
// Logs in with the card on this person's own computer: challenge, card, token, on. Without script the page says that
// this way needs it.

const box = document.querySelector('[data-card-login]');
if (box instanceof HTMLElement) begin(box);

/** @param {HTMLElement} box */
async function begin(box) {
  /** @type {[typeof import('./web-eid.js'), typeof import('./card-page.js')]} */
  const [card, { CardPage, goOn }] = await Promise.all([import(box.dataset.library ?? ''), import(box.dataset.page ?? '')]);
  const page = new CardPage(box, card);
  page.offer(async () => {
    await page.status();
    const { nonce } = await page.post(box.dataset.challenge);
    page.show('pin');
    const token = await card.authenticate(nonce, { lang: document.documentElement.lang });
    page.show('checking');
    const { next } = await page.post(box.dataset.token, token);
    goOn(next);
  });
}
