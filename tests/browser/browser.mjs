// Starts Debian's Chromium the way the tests need it: nothing fetched from outside, and our certificate accepted.
import { chromium } from 'playwright-core';

export const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const LANGUAGES = ['nl', 'fr', 'de', 'en'];
export const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 900 } };

export function launch() {
  return chromium.launch({
    executablePath: process.env.ZEGEL_CHROMIUM ?? '/usr/bin/chromium',
    args: QUIET,
  });
}
