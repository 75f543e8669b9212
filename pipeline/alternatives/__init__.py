"""Less discriminatory alternatives: what the page, its picture and the handed-on figures say."""
