"""Teaching on a full screen: examples, the transmurality strip and the quiz."""
