/** The event of each example: one more order of a customer. */
export interface PlaceOrder {
  readonly customer: string;
  readonly product: string;
  readonly quantity: number;
}

/** The result of each example: what the customer has ordered so far, in the order of placing. */
export interface OrderedProduct {
  readonly product: string;
  readonly quantity: number;
}
