"""A loan supermarket (撞库, 授权, 进件) with hybrid encryption, simulated from `partners/lending.md`, section C2."""
