"""This package knows those who read gold, and writes what they need from its declaration."""
