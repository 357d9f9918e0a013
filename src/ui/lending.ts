import type { DeviceView } from '../app/view.ts';

/** One step of the slider. */
export const GIGABYTE = 1_000_000_000;

/** The slider's range in whole gigabytes: from 1 to what is free, less a fifth for everything else. */
export function lendingRange(device: DeviceView): { readonly min: number; readonly max: number } {
  const free = Math.max(0, device.quota - device.usage) + device.lent;
  const most = Math.floor((free * 0.8) / GIGABYTE);
  return { min: 1, max: Math.max(1, most, Math.round(device.lend / GIGABYTE)) };
}
