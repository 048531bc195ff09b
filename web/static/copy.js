// @ts-check
// Offers a button that copies the small print. Without script the text can be selected as ever.

for (const button of document.querySelectorAll('button[data-copy]')) {
  if (!(button instanceof HTMLButtonElement) || !navigator.clipboard) continue;
  const source = document.getElementById(button.dataset.copy ?? '');
  if (!source) continue;
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(source.textContent?.trim() ?? '');
    button.textContent = button.dataset.copied ?? '';
  });
}
