#ifndef ASSAY_CBLAS_SHIM_H
#define ASSAY_CBLAS_SHIM_H

// OpenBLAS's own header: besides CBLAS it declares openblas_set_num_threads and openblas_get_corename.
#include <cblas.h>

#endif
