//! Who a person is: means, level of assurance, and the result every way to log in ends in.
