"""One child across three services: which identities of the sources belong to the same child."""
