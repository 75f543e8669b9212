"""The template engine: formatting, links, tables, glossary. Imports results."""
