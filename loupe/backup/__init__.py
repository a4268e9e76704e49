"""Everything a project keeps, documents and objects, taken into a folder and put back: counted, hashed and compared."""
