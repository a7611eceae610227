"""Medical insurance paid on the phone, through a dialect shaped after the mobile payment centre."""
