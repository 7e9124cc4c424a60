/** The event of each example: an order of a customer. */
export interface PlaceOrder {
  readonly customer: string;
  readonly product: string;
  readonly quantity: number;
}

/** The result of each example: the customer's products so far, in the order of their orders. */
export interface OrderedProduct {
  readonly product: string;
  readonly quantity: number;
}
