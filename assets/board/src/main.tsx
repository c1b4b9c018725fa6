import { render } from 'preact';

import './style.css';
import { Table } from './table';
import { App } from './ui/app';
import { HostWire } from './wire/host';
import { PageWire } from './wire/page';
import type { Page } from './wire/wire';

const page = JSON.parse(document.getElementById('page')?.textContent ?? 'null') as Page | null;
const root = document.getElementById('board');
if (root) {
  const table = new Table(page ? new PageWire(page) : new HostWire());
  // The empty board stands before anything is known: a frame without height is never shown by some hosts.
  render(<App table={table} />, root);
  void table.start();
}
