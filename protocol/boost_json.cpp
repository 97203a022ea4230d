// The one translation unit that compiles Boost.JSON: the packaged headers bring its
// sources along, so no shared library is needed at run time.
#include <boost/json/src.hpp>
