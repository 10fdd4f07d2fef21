/**
 * The name by which clients know the servers of a service.
 *
 * @module
 */

/**
 * The name that the certificate of each server of a service must have.
 *
 * @param service The service's name.
 * @returns For instance `orders.service.internal`.
 */
export function certificateNameOf(service: string): string {
  return `${service}.service.internal`;
}
