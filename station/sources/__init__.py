"""Where the station learns how much the site draws: readers per source and the watch over each of them."""
