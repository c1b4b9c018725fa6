// The browser of this machine, without a window.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const BROWSER = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Starts it; `flags` are added to those that every test needs. */
export function launch(flags = []) {
  return chromium.launch({ executablePath: BROWSER, args: [...FLAGS, ...flags] });
}
